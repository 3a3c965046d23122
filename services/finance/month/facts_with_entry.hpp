// Facts as they will be once a transaction is written, and whether its month has room for it. Pure. Used before every
// write of the ledger.
#pragma once

#include "finance/month/month_facts.hpp"

#include <string_view>

namespace mita::finance {

// The facts with t among them, as the database would give them after it is written.
void add_entry(month_facts& f, const transaction& t);
// With `after` among them instead of `before`; either may be null.
void replace_entry(month_facts& f, const transaction* before, const transaction* after);

// Throws api_error 422 amount_overflow when the month t is booked in could not hold it; such a transaction must not be
// written; or the month of the bill it is linked to. got: of either; instead_of: what t replaces, may be null; pointer:
// the member to blame, may be empty.
void require_room(loaded_month got, const transaction& t, const transaction* instead_of, std::string_view pointer);

}  // namespace mita::finance
