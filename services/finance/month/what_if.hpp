// What a month would look like: other answers (a plan as PUT /v1/onboarding takes it) and entries that are booked
// nowhere. Pure: facts in, other facts out; views show them like any. Used by POST /v1/budgets:simulate.
#pragma once

#include "finance/ledger/transaction.hpp"
#include "finance/month/month_facts.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace mita::finance {

struct what_if {
    period over;  // to look at
    std::optional<plan_inputs> plan;
    std::vector<transaction> entries;
};

// How many of the newest transactions the facts of a simulation bring: those of this month and of some weeks before
// decide what pays what of another plan.
inline constexpr int transactions_seen = 1000;

// got: of today's month with all later ones and these transactions, of a person with a plan. Throws api_error: 400 for
// malformed JSON, 422 with every finding.
what_if read_what_if(std::string_view body, const loaded_month& got);

// The facts as they would be: planned anew from today when there is another plan, with the entries. Throws api_error
// 422 amount_overflow at `named`.
month_facts facts_if(const loaded_month& got, const what_if& w, std::string_view named = "/plan");

}  // namespace mita::finance
