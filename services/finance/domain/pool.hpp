// From a month's income to the budget of each category: what is reserved first, what is left, who gets which part.
// Used when a period is opened (once, stored as period_budget) and by simulations. Pure; every sum is exact:
// Σ income − obligations − goal reservations − buffer = pool = Σ daily parts + unallocated.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "finance/domain/day_weights.hpp"
#include "finance/domain/outcome.hpp"
#include "finance/domain/period_rules.hpp"
#include "finance/domain/policy.hpp"
#include "finance/domain/taxonomy.hpp"

namespace mita::finance {

struct goal_need {
    amount target = 0;
    amount saved = 0;
    int periods_left = 1;          // through the one of its date, this one counted; < 1 counts as 1
    std::optional<amount> each{};  // by a month's amount instead of a date, ≥ 0
    bool paused = false;
};

// This period's reservation: allocate(target − saved, periods left)[0], or `each` while so much is open; 0 when reached
// or paused.
amount goal_reservation(const goal_need& goal);
// What of an amount a month is a period's: Σ over its days of what spread gives them of their calendar month, so that
// periods which make up a month have it together, to the unit.
amount share_of_months(amount monthly, const period& over);
// After how many periods a goal is reached that still wants `open`, gets `now` in this one and `later` in each one
// after: 0 is this one. nullopt: in none of the next most_periods_ahead.
std::optional<int> reached_after(amount open, amount now, amount later);

// What gives way when there is too little, first to last: budgets the user fixed, the buffer, goals (the last listed
// first), the obligations themselves.
enum class reserve_kind : std::uint8_t { budgets, buffer, goal, obligations };
std::string_view reserve_name(reserve_kind kind);

struct broken_reserve {
    reserve_kind kind;
    std::size_t index = 0;  // which goal; 0 otherwise
    amount missing = 0;     // the part of it that has no money behind it
};

// The month does not work out. shortfall = Σ broken[i].missing > 0; broken[0] breaks first. Shown, never clamped.
struct infeasible {
    amount shortfall = 0;
    std::vector<broken_reserve> broken;
};

struct pool_input {
    std::vector<amount> incomes;      // expected in the period, ≥ 0
    std::vector<amount> obligations;  // all bills, subscriptions, installments dated in the period, ≥ 0
    std::vector<goal_need> goals;     // in order of priority
    amount buffer = 0;                // ≥ 0
};

struct pool_result {
    amount income = 0;
    amount obligations = 0;
    std::vector<amount> goals;  // reservation per goal, same order
    amount buffer = 0;
    amount pool = 0;  // negative exactly when `problem` is set
    std::optional<infeasible> problem;
};

outcome<pool_result> compute_pool(const pool_input& in);

// One category of the user's, in display order. budget and weight: give one of them; neither = no daily part.
struct category_request {
    std::string id;
    category_class cls = category_class::discretionary;
    std::optional<amount> budget;  // explicit daily part, ≥ 0
    amount weight = 0;             // share of what the explicit budgets leave, any scale, 0..max_amount
    policy rule{};
    rollover roll{};
    amount carry_in = 0;  // of the period before (close_category); may be negative
    weight_rule weights{};
    bool guarded = false;  // gives nothing in cover, whatever its class
};

// What the service stores of one category when a period opens.
struct category_budget {
    std::string id;
    category_class cls = category_class::discretionary;
    amount daily_part = 0;  // of the whole month, also in the month of joining
    policy rule{};
    rollover roll{};
    amount carry_in = 0;
    weight_rule weights{};
    bool guarded = false;
};

// What the service stores of a period, once, when it opens. Bills are not in it: they are facts on their dates.
struct period_budget {
    period over;
    int joined = 0;  // day index of joining, 0 in every other month: the engine cuts baselines before it
    pool_result pool;
    amount unallocated = 0;  // pool − Σ daily parts; negative only with `problem`
    std::vector<category_budget> categories;
    std::optional<infeasible> problem;  // the pool's, or fixed budgets beyond the pool
};

// Pass every spend category the user has (those with bills or without a budget too): the engine wants them all.
// With a problem, weighted categories get 0 and fixed ones stand as given, so that Σ + unallocated = pool still holds.
outcome<period_budget> open_period(const period& over, int joined, const pool_input& money_in,
                                   std::vector<category_request> categories);

}  // namespace mita::finance
