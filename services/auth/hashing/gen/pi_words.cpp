// Prints the fraction of pi as 1042 words of 32 bits: Blowfish's initial P-array and S-boxes. Run once by the build.
// Machin: pi = 16 arctan(1/5) - 4 arctan(1/239), fixed point with 128 guard bits. initial_state.cpp checks what comes
// out.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace {

constexpr std::size_t words = 1042;
constexpr std::size_t guard = 4;
using fixed = std::vector<std::uint32_t>;  // [0] the integer, then the fraction, most significant word first

// Returns whether anything is left.
bool divide(fixed& x, std::uint32_t by) {
    std::uint64_t rest = 0;
    bool any = false;
    for (auto& w : x) {
        const std::uint64_t v = (rest << 32) | w;
        w = static_cast<std::uint32_t>(v / by);
        rest = v % by;
        any = any || w != 0;
    }
    return any;
}

void add(fixed& x, const fixed& y) {
    std::uint64_t carry = 0;
    for (std::size_t i = x.size(); i-- > 0;) {
        carry += std::uint64_t{x[i]} + y[i];
        x[i] = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
}

void subtract(fixed& x, const fixed& y) {
    std::uint64_t borrow = 0;
    for (std::size_t i = x.size(); i-- > 0;) {
        const std::uint64_t v = std::uint64_t{x[i]} - y[i] - borrow;
        x[i] = static_cast<std::uint32_t>(v);
        borrow = (v >> 32) != 0 ? 1 : 0;
    }
}

// factor * arctan(1/n) = factor * (1/n - 1/3n^3 + 1/5n^5 - ...)
fixed arctan_inverse(std::uint32_t n, std::uint32_t factor) {
    fixed power(1 + words + guard, 0);
    power[0] = factor;
    divide(power, n);
    fixed sum = power;
    bool minus = true;
    for (std::uint32_t k = 3; divide(power, n * n); k += 2, minus = !minus) {
        fixed term = power;
        divide(term, k);
        minus ? subtract(sum, term) : add(sum, term);
    }
    return sum;
}

}  // namespace

int main() {
    fixed pi = arctan_inverse(5, 16);
    subtract(pi, arctan_inverse(239, 4));
    if (pi[0] != 3) return 1;
    for (std::size_t i = 0; i < words; ++i) std::printf("0x%08x,%c", pi[1 + i], i % 8 == 7 ? '\n' : ' ');
    return 0;
}
