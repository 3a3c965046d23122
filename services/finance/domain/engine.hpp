// The daily-budget engine: one period's inputs and today → what each category may spend on each day. A pure function,
// equal to the reference model on every vector; nothing it returns is ever stored. Used by calendar, day, today,
// affordability and simulations. Days are indexes 0..days−1 of the period; today is 0 for a future period and `days`
// for a closed one. Actuals and bills are positive for spending, refunds negative. One currency.
// Beside it: pool.hpp (opening a period), entry_match.hpp (what pays what), bills.hpp, incomes.hpp, explain.hpp,
// verdict.hpp, policy.hpp (closing a period).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "finance/domain/bills.hpp"
#include "finance/domain/day_weights.hpp"
#include "finance/domain/incomes.hpp"
#include "finance/domain/outcome.hpp"
#include "finance/domain/policy.hpp"
#include "finance/domain/pool.hpp"
#include "finance/domain/taxonomy.hpp"

namespace mita::finance {

inline constexpr std::size_t max_categories = 512;

// One spend category. budget is the daily part of the whole month; entries of the arrays from `days` on are ignored.
struct category_input {
    category_class cls = category_class::discretionary;
    amount budget = 0;  // ≥ 0
    amount carry_in = 0;
    policy rule{};
    int joined = 0;         // baseline only from this day on (month of joining)
    day_weights weights{};  // all 0 = uniform
    day_amounts actual{};   // Σ of the day's spending, without what pays other periods' bills; future days are ignored
    std::vector<bill> bills{};
    std::vector<pinned_day> pinned{};  // at most one per day
};

struct month_input {
    int days = 30;  // 28..31 (1..31 accepted)
    int today = 0;  // 0..days
    // Payments booked later are not known: a past morning knows what was booked up to its day.
    int known = everything;
    std::optional<int> now{};  // the real day, before 0 or beyond `days` outside the period: for incomes; else today
    amount unallocated = 0;    // of the opening
    std::vector<income> incomes{};
    std::vector<paid_part> windfalls{};  // incomes nobody expected; corrections are negative
    bool covering = true;
    int cap_bp = 5000;  // most a donor gives, of what it has free; 0..10000
    std::vector<category_input>
        categories{};  // at most max_categories, in display order: also the order in which the needy are served
};

inline constexpr int from_unallocated = -1;

struct cover_move {
    int from = from_unallocated;  // category index, or from_unallocated
    int to = 0;
    amount value = 0;
    bool operator==(const cover_move&) const = default;
};

// Law (P2): spent_before + elsewhere + Σ plan + unpaid + held = budget + uncovered; uncovered > 0 ⇒ Σ plan = 0.
struct category_plan {
    amount daily_part = 0;  // Σ baseline: the budget, cut to the days from joining
    amount bills = 0;       // Σ of all its bills in the period, paid or not
    amount carry_in = 0;
    amount covered = 0;       // received from unallocated and donors
    amount given = 0;         // given to others
    amount budget = 0;        // daily_part + bills + carry_in + covered − given
    amount spent_before = 0;  // Σ actual of the days before today
    amount elsewhere = 0;     // Σ paid for its bills outside the period
    amount remaining = 0;     // budget − spent_before − elsewhere
    amount unpaid = 0;        // Σ due; in a closed period what is still owed
    amount held = 0;          // waits for the period's end (negative only under static); includes swept
    amount swept = 0;         // of held: what policy save has moved to a goal at past days' closes
    amount uncovered = 0;     // overspent and covered by nobody
    day_amounts baseline{};
    day_amounts plan{};  // daily plan, 0 before today
    day_amounts due{};   // bills standing on the day: unpaid ones (overdue: today) and those paid today or later

    // The number of day d ≥ today in the calendar: its plan plus the bills due.
    amount day_budget(int d) const { return plan[static_cast<std::size_t>(d)] + due[static_cast<std::size_t>(d)]; }
    // For close_category, when computed with today = days: what bills still take stays with the period that owes it.
    amount left_to_close() const { return remaining - unpaid - swept; }

    bool operator==(const category_plan&) const = default;
};

// Over all categories: budget + carry_in + from_unallocated + uncovered = spent + planned + held.
struct check_block {
    amount budget = 0;  // Σ daily parts and bills
    amount carry_in = 0;
    amount from_unallocated = 0;
    amount uncovered = 0;
    amount spent = 0;    // before today, and for the period's bills elsewhere
    amount planned = 0;  // from today on, unpaid bills included
    amount held = 0;     // in a closed period with what is still owed

    bool holds() const;
    bool operator==(const check_block&) const = default;
};

struct month_plan {
    std::vector<category_plan> categories;
    std::vector<cover_move> moves;  // derived from the state each time, never accumulated
    amount unallocated = 0;         // with what incomes brought beyond or below what was expected; before the covers
    check_block check;

    bool operator==(const month_plan&) const = default;
};

// The plan of the period as of the morning of `today`. `out` is overwritten; reusing it reuses its memory (no
// allocation then). amount_overflow when a figure leaves ±(2^53−1); bad_input outside the ranges above, `out` is then
// unspecified. About 10 µs for 40 categories.
[[nodiscard]] fault compute_month(const month_input& in, month_plan& out);
outcome<month_plan> compute_month(const month_input& in);

// budget[c][d]: what the plan said for day d on the morning of d, for d ≤ min(today, days−1), bills due included: the
// plan recomputed for each morning from the present set of facts booked up to that day (late entries count on their
// day; a bill paid later stood on its own day then). 0 for later days. Costs a third of a plan per morning: about 70 µs
// for 40 categories in the middle of a month.
struct morning_table {
    std::vector<day_amounts> budget;
};
[[nodiscard]] fault compute_mornings(const month_input& in, morning_table& out);
outcome<morning_table> compute_mornings(const month_input& in);

// What policy `save` sweeps to a goal at the close of each day before in.today: what the day's plan was not spent on,
// never a refund, a carry or a cover. Zeros for other policies. At today = days: the period's whole transfer.
day_amounts daily_sweeps(const category_input& category, int days, int today);

// One day on: tomorrow's morning, if nothing more is booked.
void step_to_tomorrow(month_input& in);

// The engine's view of a stored period: weights as days; actuals, bills and incomes still to be filled in by
// the caller.
month_input month_from(const period_budget& opened, int today);

}  // namespace mita::finance
