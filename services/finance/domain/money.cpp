#include "finance/domain/money.hpp"

#include <fmt/format.h>

namespace mita::finance {

std::optional<amount> checked_sum(std::span<const amount> values) {
    wide sum = 0;
    for (const auto value : values) sum += value;
    return narrow128(sum);
}

std::string format_decimal(amount value, int exponent) {
    const auto magnitude = value < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(value) : std::uint64_t(value);
    auto digits = fmt::format("{:0>{}}", magnitude, exponent + 1);
    if (exponent > 0) digits.insert(digits.size() - static_cast<std::size_t>(exponent), 1, '.');
    return value < 0 ? "-" + digits : digits;
}

std::optional<money> money::make(amount minor, std::string_view code) {
    const auto* unit = find_currency(code);
    if (unit == nullptr || !in_range(minor)) return std::nullopt;
    return money{minor, unit};
}

std::string money::str() const { return fmt::format("{} {}", format_decimal(minor, unit->exponent), unit->code); }

std::optional<money> checked_add(const money& a, const money& b) {
    if (a.unit != b.unit) return std::nullopt;
    const auto sum = checked_add(a.minor, b.minor);
    return sum ? std::optional{money{*sum, a.unit}} : std::nullopt;
}

std::optional<money> checked_sub(const money& a, const money& b) {
    if (a.unit != b.unit) return std::nullopt;
    const auto difference = checked_sub(a.minor, b.minor);
    return difference ? std::optional{money{*difference, a.unit}} : std::nullopt;
}

}  // namespace mita::finance
