// Transactions as one parameter of a statement that writes many: a JSON array of records. Used by signed_store and by
// the transfers' store.
#pragma once

#include "finance/ledger/transaction.hpp"

#include <span>
#include <string>

namespace mita::finance {

// The records as rows of a statement: `i`, and of each its lines, `x` (entry_effects.hpp). Without the versions.
inline constexpr char record_columns[] =
    "(id uuid, booked_on date, amount bigint, currency text, account_id uuid, occurred_at timestamptz, payee text, "
    "note text, tags text[], bill_id text, bill_unlinked boolean, search_key text, counts boolean, version bigint, "
    "deleted_at timestamptz, payee_id uuid, lines jsonb, created_at timestamptz, transfer_id uuid, "
    "cleared boolean)";
inline constexpr char lines_of_records[] =
    "x as materialized (select i.user_id, i.id, i.booked_on, i.counts, l.* from i cross join lateral "
    "  rows from (jsonb_to_recordset(i.lines) as (category text, amount bigint, note text)) "
    "  with ordinality as l(category, amount, note, n))";

// As jsonb_to_recordset reads them.
std::string records_of(std::span<const transaction> entries);

}  // namespace mita::finance
