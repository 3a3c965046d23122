// Money as exact integers: `amount` is minor units of one currency (cents, yen, fils), `money` is an amount with its
// ISO 4217 currency, `amount_in<"EUR">` fixes the currency at compile time. Used by everything that adds money up.
// Promises: no floating point, no wrap (sums in 128 bit, narrowing checked), no sum across currencies.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mita::finance {

// Minor units of ONE currency. The engine works in the currency of the budget only, so it adds bare amounts.
using amount = std::int64_t;
__extension__ using wide = __int128;

// Bound of every stored or shown amount: 2^53−1, so that JSON clients with doubles are exact.
inline constexpr amount max_amount = (amount{1} << 53) - 1;

constexpr bool in_range(amount value) { return value >= -max_amount && value <= max_amount; }

// The one way back from 128-bit sums: nullopt beyond ±max_amount.
constexpr std::optional<amount> narrow128(wide value) {
    if (value < -max_amount || value > max_amount) return std::nullopt;
    return static_cast<amount>(value);
}
constexpr std::optional<amount> checked_add(amount a, amount b) { return narrow128(wide{a} + b); }
constexpr std::optional<amount> checked_sub(amount a, amount b) { return narrow128(wide{a} - b); }
std::optional<amount> checked_sum(std::span<const amount> values);

// An active ISO 4217 currency with a minor unit. `exponent`: digits of the minor unit (0 JPY, 2 EUR, 3 KWD, 4 CLF).
struct currency {
    std::string_view code;
    std::string_view name;  // English
    int exponent;
};

// All of them, sorted by code; static storage, so pointers and views stay valid for the program's life.
std::span<const currency> currencies();
// Exactly three upper-case letters. nullptr for unknown codes and for those without a minor unit (XAU, XDR, XXX …).
const currency* find_currency(std::string_view code);

// Exact decimal text: (-123456, 2) → "-1234.56", (5, 3) → "0.005", (7, 0) → "7". exponent in 0..18.
std::string format_decimal(amount value, int exponent);

// An amount with a currency known at run time. `unit` is never null in a value made by make().
struct money {
    amount minor = 0;
    const currency* unit = nullptr;

    bool operator==(const money&) const = default;

    // nullopt: unknown currency, or beyond ±max_amount.
    static std::optional<money> make(amount minor, std::string_view code);
    // "-1234.56 EUR"
    std::string str() const;
};

// nullopt: different currencies, or the sum is out of range.
std::optional<money> checked_add(const money& a, const money& b);
std::optional<money> checked_sub(const money& a, const money& b);

struct currency_tag {
    char text[4]{};
    consteval currency_tag(const char (&code)[4]) {
        for (std::size_t i = 0; i < 3; ++i) {
            if (code[i] < 'A' || code[i] > 'Z') throw "three upper-case letters";
            text[i] = code[i];
        }
    }
    bool operator==(const currency_tag&) const = default;
};

// An amount whose currency is part of its type: amount_in<"EUR"> and amount_in<"USD"> do not add, compare or convert.
template <currency_tag Code>
struct amount_in {
    amount minor = 0;

    constexpr auto operator<=>(const amount_in&) const = default;
    static constexpr std::string_view code() { return {Code.text, 3}; }

    friend constexpr std::optional<amount_in> checked_add(amount_in a, amount_in b) {
        const auto sum = narrow128(wide{a.minor} + b.minor);
        return sum ? std::optional{amount_in{*sum}} : std::nullopt;
    }
    friend constexpr std::optional<amount_in> checked_sub(amount_in a, amount_in b) {
        const auto difference = narrow128(wide{a.minor} - b.minor);
        return difference ? std::optional{amount_in{*difference}} : std::nullopt;
    }
};

}  // namespace mita::finance
