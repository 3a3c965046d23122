// What the budgets of a month are asked to be: as the plan says for all months, unless something else was said from a
// month on, or of a month alone. What was said of months to come is kept by whatever changes the plan before they come;
// nothing here is of a month that is over (those are stored). Used by planning and by /v1/budgets. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/plan/plan_inputs.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace mita::finance {

inline constexpr std::size_t most_month_budgets = 24;

struct asked_budgets {
    const std::vector<plan_inputs::category>& categories;
    bool default_weights;
    const plan_inputs::month_budget* said;  // null: the plan's
};
// Valid as long as `a` is.
asked_budgets asked_of(const plan_inputs& a, const period& over);

// Months here are a person's periods. What was said of one is said of whichever the day is of that was its first: it
// may be another one since its rules changed.

// What holds by now becomes the plan's, what was said of months before is dropped. No budget of `now` or later changes.
void settle(plan_inputs& a, const period& now);
// In its place among what is said already.
void add(plan_inputs& a, plan_inputs::month_budget said);
// In place of what was said of the same period. Onwards: it is said of its month, too, so nothing stands of that month
// beside it.
void say(plan_inputs& a, plan_inputs::month_budget said);
// Of what is said of exactly this month, what holds in it. False: nothing is.
bool take_back(plan_inputs& a, const period& over);

std::string_view scope_name(bool onwards);
std::optional<bool> parse_scope(std::string_view name);  // onwards
bool read_scope(json_object& in);                        // of a body: onwards unless it says other

}  // namespace mita::finance
