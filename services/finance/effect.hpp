// What logging a transaction does to the plan: today's numbers with it, tomorrow's as a preview, who covers whom. Over
// all categories, as the calendar's day. Pure; computed from the facts before the transaction is written.
#pragma once

#include "finance/facts.hpp"
#include "finance/json_out.hpp"
#include "finance/month_view.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct plan_move {
    std::string from, to;  // from may be "unallocated"
    amount value = 0;
};
// With the names of the view's categories.
std::vector<plan_move> named_moves(const month_view& v, const std::vector<cover_move>& moves);
void append(json_out& out, const std::vector<plan_move>& moves);  // as an array

struct ledger_effect {
    amount budget = 0, spent = 0;    // today
    std::optional<amount> tomorrow;  // on the month's last day the next month's first; nullopt when that is unknown
    std::vector<plan_move> moves;    // this month's, at tomorrow's state
    amount uncovered = 0;            // likewise
};

// The facts with t among them, as the database would give them after it is written.
void add_entry(facts& f, const transaction& t);

// Throws api_error 422 amount_overflow when the month t is booked in could not hold it; such a transaction must not be
// written. got: that month's; instead_of: what t replaces, may be null; pointer: the member to blame, may be empty.
void require_room(loaded got, const transaction& t, const transaction* instead_of, std::string_view pointer);

// f: of the month of `today`; t is not in it yet. nullopt: there is no plan. Throws api_error 422 amount_overflow as
// require_room, for the month of today.
std::optional<ledger_effect> effect_of(facts f, const transaction& t, civil_day today);

void append(json_out& out, const ledger_effect& e);  // as an object

}  // namespace mita::finance
