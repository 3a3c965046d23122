// Rules a category follows: what happens to a day's surplus or deficit (policy) and to the period's (rollover).
// Used in stored budgets, the API's enums and the engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "finance/domain/money.hpp"
#include "finance/domain/outcome.hpp"

namespace mita::finance {

enum class policy_kind : std::uint8_t {
    even,     // what is free is spread over the days left (default)
    window,   // a deviation is spread over the next `window` days only
    carry,    // a surplus goes to today; a deficit eats the next days in order
    save,     // deficits as even; what a day leaves is swept to a goal at its close
    static_,  // days stand as planned; the difference is held to the period's end
};

struct policy {
    policy_kind kind = policy_kind::even;
    int window = 0;  // 1..31 for kind window
    bool operator==(const policy&) const = default;
};

// "even", "window:7", "carry", "save", "static"; strict both ways.
std::optional<policy> parse_policy(std::string_view text);
std::string format_policy(const policy& rule);

enum class rollover_kind : std::uint8_t { none, surplus, deficit, both };

struct rollover {
    rollover_kind kind = rollover_kind::none;
    std::optional<amount> cap{};  // most that is carried either way, ≥ 0
    bool operator==(const rollover&) const = default;
};

// "none", "surplus", "deficit", "both".
std::optional<rollover_kind> parse_rollover(std::string_view text);
std::string_view rollover_name(rollover_kind kind);

struct closing {
    amount carry_out = 0;  // carry_in of the next period
    amount released = 0;   // the rest: > 0 goes back to the user's free money, < 0 was paid out of it
};

// left = budget + carry_in + covered − given − actual − swept at the end of the period (category_plan::left_to_close
// with today = days). carry_out + released == left (P6).
closing close_category(const rollover& rule, amount left);

}  // namespace mita::finance
