// Today in one answer: the day's number, tomorrow's if nothing more is spent, what binds (the plan or the cash in the
// accounts), and why the number is what it is. One function for GET /v1/today and the effect of every write. Pure.
#pragma once

#include "finance/domain/verdict.hpp"
#include "finance/month/cash_at_hand.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/json_out.hpp"

#include <optional>
#include <vector>

namespace mita::finance {

struct today_numbers {
    amount budget = 0, spent = 0;
    std::optional<amount> tomorrow;  // on the month's last day the next month's first; nullopt when that is unknown
    std::vector<explain_term> breakdown;  // P5: sums to budget; what explain says of each category, a term a kind
    amount plan_free = 0;                 // what the plan leaves for today beside the bills that still stand on it
    std::optional<cash_at_hand> cash;

    bool cash_binds() const { return cash && cash->free < plan_free; }
    amount safe_to_spend() const;  // the lesser of both, at least 0
    outlook seen;                  // covers and what is uncovered, at tomorrow's state
};

// v: of the month of today, with a plan. Throws api_error 422 amount_overflow when a figure leaves the range.
today_numbers numbers_of(const month_facts& f, const month_view& v);

// Members tomorrow, binds, safe_to_spend_money, plan_free_money, cash and breakdown; n null: there is no plan, or it is
// beyond the range.
void append_members(json_out& out, const today_numbers* n);

}  // namespace mita::finance
