// What logging a transaction does to the plan: today's numbers with it, tomorrow's as a preview, who covers whom. Over
// all categories, as the calendar's day. Pure; computed from the facts before the transaction is written.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/plan_moves.hpp"
#include "finance/month/today_numbers.hpp"
#include "finance/wire/json_out.hpp"

#include <optional>
#include <vector>

namespace mita::finance {

struct spend_effect {
    today_numbers now;             // as GET /v1/today says it
    std::vector<plan_move> moves;  // this month's, at tomorrow's state
    amount uncovered = 0;          // likewise
};

// f: of the month of `today`, the entry in it already (facts_with_entry.hpp). nullopt: there is no plan. Throws
// api_error 422 amount_overflow as require_room, for the month of today.
std::optional<spend_effect> effect_of(const month_facts& f, civil_day today);

void append(json_out& out, const spend_effect& e);  // as an object

}  // namespace mita::finance
