// How the log writes numbers. For log.cpp alone.
#pragma once

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

namespace mita {

inline void append_integer(std::string& out, std::int64_t value) {
    std::array<char, 20> digits;
    out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

// Milliseconds of a time that was counted in microseconds, as most fractions here are: shortest digits for any double
// cost ten times as much, twice a request. False: it is no such number.
inline bool append_thousandths(std::string& out, double value) {
    constexpr double most = 1e9;
    if (!(value >= 0 && value < most)) return false;
    const auto n = static_cast<std::int64_t>(value * 1000 + 0.5);
    if (static_cast<double>(n) / 1000 != value) return false;
    append_integer(out, n / 1000);
    const auto rest = static_cast<int>(n % 1000);
    if (rest == 0) return true;
    const char digits[] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                           static_cast<char>('0' + rest % 10)};
    out.append(digits, rest % 10 != 0 ? 4 : rest % 100 != 0 ? 3 : 2);
    return true;
}

}  // namespace mita
