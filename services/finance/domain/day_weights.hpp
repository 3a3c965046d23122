// How a category's daily part leans on the days of a period: uniform, by weekday, by the user's own dates, or as the
// user's history suggests. Used when a period is opened (the rule is stored) and before each computation (the rule
// becomes one weight per day). Falling back when all weights are zero is the engine's work, not this file's.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

namespace mita::finance {

inline constexpr int longest_month = 31;
inline constexpr int max_days = 46;  // of a month with a piece before it (period_rules.hpp)
inline constexpr amount max_weight = 1'000'000;

using day_amounts = std::array<amount, max_days>;
// One weight per day of the period, 0..max_weight; entries from days() on are ignored.
using day_weights = std::array<amount, max_days>;

// A fixed amount on one day of a period, part of the daily part (pinned days are an option of the custom weights).
struct pinned_day {
    int day = 0;  // index in the period
    amount value = 0;
    bool operator==(const pinned_day&) const = default;
};

enum class weight_kind : std::uint8_t { uniform, weekday, custom, history };

struct weight_rule {
    weight_kind kind = weight_kind::uniform;
    std::array<amount, 7> weekday{1, 1, 1, 1, 1, 1, 1};  // Monday first; for kind weekday
    std::vector<amount> custom{};                        // one per day of the period, missing ones are 0; for custom
    std::vector<pinned_day> pinned{};                    // for custom
    bool operator==(const weight_rule&) const = default;
};

// The rule for the days of one period. Weights outside 0..max_weight are clamped. A rule of kind history is uniform
// here: whoever has the history asks weights_from_history for the rule it stands for.
day_weights weights_for(const weight_rule& rule, const period& over);

struct spent_day {
    civil_day day;
    amount spent = 0;  // positive; refunds negative count as 0
};

// A weekday rule from history: the median spend of each weekday between `from` and `to` (half-open; days without an
// entry are 0), shrunk to uniform as (n·h + 8·u)/(n + 8) with n whole weeks seen, as integers with mean 1000.
// No spending at all → uniform. Order of `history` is irrelevant; several entries of one day are summed.
weight_rule weights_from_history(std::span<const spent_day> history, civil_day from, civil_day to);

}  // namespace mita::finance
