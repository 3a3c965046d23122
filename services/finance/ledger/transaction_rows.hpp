// Transactions as the stores select them. Used by each store that reads some.
#pragma once

#include "db/row.hpp"
#include "finance/ledger/transaction.hpp"

#include <vector>

namespace mita::finance {

// Rows of one line each, in order, lines of a transaction together: id, account_id, booked_on, occurred_at, amount,
// currency, payee, note, tags, bill_id, bill_unlinked, version, created_at, updated_at, deleted_at, then the line's
// category, amount, note. Rows without an id are left out.
std::vector<transaction> transactions_from(const db::rows& rows);

}  // namespace mita::finance
