// What each category of a month was given, and by which rules. Used by /v1/budgets. Pure.
#pragma once

#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/stored_period.hpp"

#include <string>
#include <string_view>

namespace mita::finance {

// inputs: what is asked for, of a month that is not over; null: it is over, only what was given is known.
std::string budget_text(const stored_period& p, const plan_inputs* inputs, const std::string& currency);

// What a body of PUT /v1/budgets/{month} says of the month, by the rules of PUT /v1/onboarding. Throws api_error: 400
// for malformed JSON, 422 with every finding.
plan_inputs::month_budget read_month_budget(std::string_view body, const period& over, const plan_inputs& before,
                                            const category_book& book);

}  // namespace mita::finance
