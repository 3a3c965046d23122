// What is paid back in parts: the schedule of an installment plan as a function of its terms, to the unit. Used by
// plan_inputs, which hold the terms, and by everything that plans or shows the parts. Pure; nothing of it is stored.
//
// One part a month from the first day on, clamped as any recurrence. Interest of a part: what is left before it · rate
// / 12, rounded half to even; the first part's month begins a month before it. Without interest the principal is
// divided evenly, what does not divide goes to the first parts. With interest every part is the same (the annuity,
// rounded to the nearest unit) and the last one settles what is left.
#pragma once

#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

#include <optional>
#include <vector>

namespace mita::finance {

inline constexpr int fewest_parts = 2, most_parts = 120;
inline constexpr int most_interest_bp = 10'000;  // a year

// All that is left is paid on one day: parts 1..standing stay as they were, the others cease.
struct early_payoff {
    civil_day on;
    int standing = 0;
    bool operator==(const early_payoff&) const = default;
};

struct installment_terms {
    amount principal = 0;  // ≥ 1
    int count = fewest_parts;
    int interest_bp = 0;  // a year, 0..most_interest_bp
    civil_day first;
    std::optional<early_payoff> payoff{};
    bool operator==(const installment_terms&) const = default;
};

struct installment_part {
    int number = 1;
    civil_day day;
    amount principal = 0;  // ≥ 1
    amount interest = 0;   // ≥ 0; of a payoff what the days since the part before it cost of that month's
    amount left = 0;       // of the principal, after it
    bool payoff = false;

    wide whole() const { return wide{principal} + interest; }
    amount value() const { return principal + interest; }  // of a schedule whose sum fits
};

// In order of their numbers, Σ principal = terms.principal. Empty: no such schedule, some part would pay nothing back.
std::vector<installment_part> schedule_of(const installment_terms& terms);

// Σ of all parts; nullopt beyond the range.
std::optional<amount> whole_sum(const std::vector<installment_part>& schedule);

}  // namespace mita::finance
