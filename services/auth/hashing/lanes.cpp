#include "auth/hashing/lanes.hpp"

#include <utility>

namespace mita::hashing {

namespace {

// Keeps `v` in a register of its own here: otherwise the compiler folds the P word into F's sum, where it lengthens the
// chain of dependent operations that decides the speed of one lane.
inline void pin([[maybe_unused]] std::uint32_t& v) { asm("" : "+r"(v)); }

inline std::uint32_t f(const lane& l, std::uint32_t x) {
    const std::uint32_t* s = l.s.data();
    return ((s[x >> 24] + s[256 + ((x >> 16) & 255)]) ^ s[512 + ((x >> 8) & 255)]) + s[768 + (x & 255)];
}

template <unsigned n>
void refill(lane* lanes) {
    std::array<std::uint32_t, n> left{}, right{};
    for (std::size_t i = 0; i < state_words; i += 2) {
#pragma unroll
        for (unsigned k = 0; k < n; ++k) left[k] ^= lanes[k].p[0];
#pragma unroll
        for (unsigned round = 1; round <= 16; round += 2) {
#pragma unroll
            for (unsigned k = 0; k < n; ++k) {
                right[k] ^= lanes[k].p[round];
                pin(right[k]);
                right[k] ^= f(lanes[k], left[k]);
            }
#pragma unroll
            for (unsigned k = 0; k < n; ++k) {
                left[k] ^= lanes[k].p[round + 1];
                pin(left[k]);
                left[k] ^= f(lanes[k], right[k]);
            }
        }
#pragma unroll
        for (unsigned k = 0; k < n; ++k) {
            const std::uint32_t swapped = right[k] ^ lanes[k].p[17];
            right[k] = left[k];
            left[k] = swapped;
            std::uint32_t* const out = i < 18 ? lanes[k].p.data() + i : lanes[k].s.data() + (i - 18);
            out[0] = left[k];
            out[1] = right[k];
        }
    }
}

}  // namespace

const lane_kernels portable_kernels{"portable",
                                    {nullptr, refill<1>, refill<2>, refill<3>, refill<4>, refill<5>, refill<6>}};

void encrypt_block(const lane& l, std::uint32_t& left, std::uint32_t& right) {
    left ^= l.p[0];
    for (unsigned round = 1; round <= 16; round += 2) {
        right ^= f(l, left) ^ l.p[round];
        left ^= f(l, right) ^ l.p[round + 1];
    }
    right ^= l.p[17];
    std::swap(left, right);
}

}  // namespace mita::hashing
