// The kernels for x86-64 with BMI1 and BMI2 (Haswell, Zen and later), chosen at run time. The same work as lanes.cpp in
// 10 instructions a round and lane where compilers need 15: BEXTR takes a byte without a copy, SHRX the top one. What
// counts on a busy core is the number of instructions, on an idle one the length of the chain; this is shorter in both.
#include "auth/hashing/lanes.hpp"

namespace mita::hashing {

#if defined(__x86_64__) && (defined(__clang__) || defined(__GNUC__))

namespace {

// SHRX looks at the low five bits of its count register. The base points 24 bytes into the first lane, and lanes are
// aligned to 64, so the base itself is the count 24: at five lanes every register is in use, and this saves one.
constexpr int base_offset = 24;
static_assert(alignof(lane) % 32 == 0 && sizeof(lane) % 32 == 0);

constexpr std::uint32_t third_byte = 0x0810;   // BEXTR control: 8 bits from bit 16
constexpr std::uint32_t second_byte = 0x0808;  // 8 bits from bit 8

// sum = ((S0[x>>24] + S1[x>>16 & 255]) ^ S2[x>>8 & 255]) + S3[x & 255]
#define MITA_SUM_OF_X                                                             \
    "shrxl %k[base], %k[x], %k[t]\n\tmovl %c[s0](%[base],%[t],4), %k[sum]\n\t"    \
    "bextrl %k[third], %k[x], %k[t]\n\taddl %c[s1](%[base],%[t],4), %k[sum]\n\t"  \
    "bextrl %k[second], %k[x], %k[t]\n\txorl %c[s2](%[base],%[t],4), %k[sum]\n\t" \
    "movzbl %b[x], %k[t]\n\taddl %c[s3](%[base],%[t],4), %k[sum]\n\t"
#define MITA_LANE_INPUTS                                                                                     \
    [base] "r"(base), [third] "r"(third), [second] "r"(second), [s0] "i"(at + 72), [s1] "i"(at + 72 + 1024), \
        [s2] "i"(at + 72 + 2048), [s3] "i"(at + 72 + 3072), [p] "i"(at + 4 * round)

// y ^= P[round] ^ F(x). Volatile: the order of the statements is the interleaving; the compiler's own makes it spill.
template <int lane_index, int round>
[[gnu::always_inline]] inline void half(const char* base, std::uint32_t x, std::uint32_t& y, std::uint32_t third,
                                        std::uint32_t second) {
    constexpr int at = lane_index * static_cast<int>(sizeof(lane)) - base_offset;
    std::uint64_t t, sum;
    asm volatile(MITA_SUM_OF_X "xorl %c[p](%[base]), %k[y]\n\txorl %k[sum], %k[y]"
                 : [t] "=&r"(t), [sum] "=&r"(sum), [y] "+&r"(y)
                 : [x] "r"(x), MITA_LANE_INPUTS
                 : "cc");
}

// The same with y in memory, for the lanes beyond the registers: (x, y) becomes (y ^ P[round] ^ F(x), x).
template <int lane_index, int round>
[[gnu::always_inline]] inline void half_in_memory(const char* base, std::uint32_t& x, std::uint32_t& y,
                                                  std::uint32_t third, std::uint32_t second) {
    constexpr int at = lane_index * static_cast<int>(sizeof(lane)) - base_offset;
    std::uint64_t t, sum;
    asm volatile(MITA_SUM_OF_X "xorl %c[p](%[base]), %k[sum]\n\txorl %[y], %k[sum]\n\tmovl %k[x], %[y]"
                 : [t] "=&r"(t), [sum] "=&r"(sum), [y] "+m"(y)
                 : [x] "r"(x), MITA_LANE_INPUTS
                 : "cc");
    x = static_cast<std::uint32_t>(sum);
}

#undef MITA_SUM_OF_X
#undef MITA_LANE_INPUTS

// Sixteen registers hold the base, two BEXTR controls, two temporaries and both halves of five lanes. With six lanes,
// two of them keep one half in memory.
template <unsigned n>
constexpr unsigned in_registers = n == 6 ? 4 : n;

// The halves of all lanes. `kept` is apart from `right`: a local whose address is taken takes its whole array to
// memory.
template <unsigned n>
struct blocks {
    std::uint32_t left[n]{}, right[n]{};
    std::uint32_t third = third_byte, second = second_byte;
};

template <unsigned n, int k, int round>
[[gnu::always_inline]] inline void one_round(const char* base, blocks<n>& b, std::uint32_t* kept) {
    if constexpr (k < static_cast<int>(n)) {
        if constexpr (k >= static_cast<int>(in_registers<n>)) {
            half_in_memory<k, round>(base, b.left[k], kept[k], b.third, b.second);
        } else if constexpr (round % 2 == 1) {
            half<k, round>(base, b.left[k], b.right[k], b.third, b.second);
        } else {
            half<k, round>(base, b.right[k], b.left[k], b.third, b.second);
        }
        one_round<n, k + 1, round>(base, b, kept);
    }
}

template <unsigned n, int round>
[[gnu::always_inline]] inline void rounds_from(const char* base, blocks<n>& b, std::uint32_t* kept) {
    if constexpr (round <= 16) {
        one_round<n, 0, round>(base, b, kept);
        rounds_from<n, round + 1>(base, b, kept);
    }
}

template <unsigned n>
void refill(lane* lanes) {
    blocks<n> b;
    std::uint32_t kept[n]{};
    char* const base = reinterpret_cast<char*>(lanes) + base_offset;
    asm("" : "+r"(b.third), "+r"(b.second));  // as constants they would be loaded again before each use
    const auto word = [base](unsigned k, std::size_t i) -> std::uint32_t& {
        return *reinterpret_cast<std::uint32_t*>(base - base_offset + k * sizeof(lane) + 4 * i);
    };
    for (std::size_t i = 0; i < state_words; i += 2) {
        asm volatile("" ::: "memory");  // the statements below read what the last turn wrote
#pragma unroll
        for (unsigned k = 0; k < n; ++k) b.left[k] ^= word(k, 0);
        rounds_from<n, 1>(base, b, kept);
#pragma unroll
        for (unsigned k = 0; k < n; ++k) {
            std::uint32_t& right = k < in_registers<n> ? b.right[k] : kept[k];
            const std::uint32_t swapped = right ^ word(k, 17);
            right = b.left[k];
            b.left[k] = swapped;
            word(k, i) = swapped;
            word(k, i + 1) = right;
        }
    }
}

constexpr lane_kernels bmi_kernels{"x86-64 bmi2",
                                   {nullptr, refill<1>, refill<2>, refill<3>, refill<4>, refill<5>, refill<6>}};

constexpr std::array<const lane_kernels*, 2> with_bmi{&bmi_kernels, &portable_kernels};

bool has_bmi() { return __builtin_cpu_supports("bmi") != 0 && __builtin_cpu_supports("bmi2") != 0; }

}  // namespace

std::span<const lane_kernels* const> available_kernels() {
    const std::span<const lane_kernels* const> all(with_bmi);
    return has_bmi() ? all : all.last(1);
}

#else

std::span<const lane_kernels* const> available_kernels() {
    static constexpr std::array<const lane_kernels*, 1> only{&portable_kernels};
    return only;
}

#endif

}  // namespace mita::hashing
