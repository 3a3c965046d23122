// The part of a statement that writes the two legs of a transfer as they will be, whether they are new or there, with
// their lines and the days' sums. Used by the transfers' store.
#pragma once

#include "db/statement.hpp"
#include "finance/ledger/entry_effects.hpp"
#include "finance/ledger/transaction_records.hpp"

namespace mita::finance {

// Between the beginning of a keyed write (u) and its end; $8: when; $11: records_of both; $12, $13: who.
inline constexpr auto legs_sql = db::join(
    ", i as materialized (select u.user_id, e.* from u cross join jsonb_to_recordset($11::jsonb) as e", record_columns,
    "), ", lines_of_records,
    ", t as (insert into transactions (user_id, id, booked_on, amount, currency, account_id, occurred_at, payee, note, "
    "    tags, created_at, updated_at, bill_id, bill_unlinked, search_key, transfer_id, deleted_at, written_by, "
    "    written_with) "
    "  select user_id, id, booked_on, amount, currency, nullif(account_id, user_id), occurred_at, payee, note, tags, "
    "    created_at, $8::timestamptz, bill_id, bill_unlinked, search_key, transfer_id, deleted_at, $12::uuid, "
    "    $13::text from i "
    "  on conflict on constraint transactions_key do update set booked_on = excluded.booked_on, "
    "    amount = excluded.amount, currency = excluded.currency, account_id = excluded.account_id, "
    "    bill_id = excluded.bill_id, bill_unlinked = excluded.bill_unlinked, transfer_id = excluded.transfer_id, "
    "    deleted_at = excluded.deleted_at, updated_at = excluded.updated_at, version = transactions.version + 1, "
    "    writing_by = $12::uuid, writing_with = $13::text)",
    change_effects);

}  // namespace mita::finance
