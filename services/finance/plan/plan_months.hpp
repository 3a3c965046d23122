// From the plan inputs to the stored budget of each period: what opening and replanning write. Pure. A period (a month,
// unless the person's rules say other) depends on the inputs in force, the person's categories, and on what the months
// before have put aside for goals.
#pragma once

#include "finance/categories/category_book.hpp"
#include "finance/domain/outcome.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/stored_period.hpp"

#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

// What a run of months starts from.
struct plan_start {
    period over;
    civil_day chain_from;                               // of that month
    std::vector<std::pair<std::string, amount>> saved;  // per goal id, before that month
    // Likewise what policy save swept into it; who is not there has had no month that might have.
    std::vector<std::pair<std::string, amount>> swept;
    std::int64_t plan_version = 0;
    // The day of joining, when months before its own may be among them (a move west brought a day of them): these plan
    // as that month does, but roll nothing over and save for no goal, for their money is not the person's savings.
    civil_day joining{};
    bool cover = true;
    // Occurrences of before: those kept stand as they are, the others give their bill's occurrence of that month its
    // id.
    std::vector<obligation> known{};
    // Bills and transfers that were planned before: nothing new of those with a rule comes on a day before `since`,
    // whatever it says now.
    std::set<std::string, std::less<>> planned{};
    civil_day since{};
};

// The start for the month after `last`.
plan_start after(const stored_period& last, const period_rules& by);
// The start for the same month again (replanning): goals keep what the months before put aside.
plan_start again(const stored_period& same);

// The bills and planned transfers of the month, and of two weeks on either side: payments count from 7 days before to 7
// after a bill.
std::vector<obligation> occurrences_around(const plan_inputs& a, const period& over, civil_day planned_from,
                                           const plan_start& from);
// The incomes of these days.
std::vector<expected_income> incomes_of(const plan_inputs& a, const period& over);
// A bill of a category without a daily part may be paid in parts: those from `since` on, by this budget.
void allow_parts(std::vector<obligation>& bills, const period_budget& budget, civil_day since = civil_day::min());

// `count` ≥ 1 consecutive months; revision 1, in force from their first day. planned_from: the first day with a plan.
// Faults: amount_overflow, bad_input.
outcome<std::vector<stored_period>> plan_months(const plan_inputs& a, const category_book& book, civil_day planned_from,
                                                const plan_start& from, int count);

}  // namespace mita::finance
