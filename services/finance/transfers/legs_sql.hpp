// The part of a statement that writes the two legs of a transfer as they will be, whether they are new or there, with
// their lines and the days' sums. Used by the transfers' store.
#pragma once

#include "db/statement.hpp"
#include "finance/ledger/transaction_records.hpp"

namespace mita::finance {

// Between the beginning of a keyed write (u) and its end; $8: when; $11: records_of both. d: what the new lines give a
// day's row when there is none, and what row there is moves by, as in ledger_store.cpp.
inline constexpr auto legs_sql = db::join(
    ", i as materialized (select u.user_id, e.* from u cross join jsonb_to_recordset($11::jsonb) as e", record_columns,
    "), ", lines_of_records,
    ", t as (insert into transactions (user_id, id, booked_on, amount, currency, account_id, occurred_at, payee, note, "
    "    tags, created_at, updated_at, bill_id, bill_unlinked, search_key, transfer_id, deleted_at) "
    "  select user_id, id, booked_on, amount, currency, nullif(account_id, user_id), occurred_at, payee, note, tags, "
    "    created_at, $8::timestamptz, bill_id, bill_unlinked, search_key, transfer_id, deleted_at from i "
    "  on conflict on constraint transactions_key do update set booked_on = excluded.booked_on, "
    "    amount = excluded.amount, currency = excluded.currency, account_id = excluded.account_id, "
    "    bill_id = excluded.bill_id, bill_unlinked = excluded.bill_unlinked, transfer_id = excluded.transfer_id, "
    "    deleted_at = excluded.deleted_at, updated_at = excluded.updated_at, version = transactions.version + 1), "
    "gone as (delete from transaction_lines l using i where l.user_id = i.user_id and l.transaction_id = i.id "
    "  and l.n > jsonb_array_length(i.lines)), "
    "l as (insert into transaction_lines (user_id, transaction_id, n, category, amount, note, booked_on, counts) "
    "  select user_id, id, n, nullif(category, ''), amount, nullif(note, ''), booked_on, counts from x "
    "  on conflict on constraint transaction_lines_key do update set category = excluded.category, "
    "    amount = excluded.amount, note = excluded.note, booked_on = excluded.booked_on, counts = excluded.counts), "
    "d as (select user_id, day, category, -sum(amount * n)::bigint as spent, "
    "    sum(greatest(amount, 0) * n)::bigint as received, -sum(amount * (2 * n - 1))::bigint as more_spent, "
    "    sum(greatest(amount, 0) * (2 * n - 1))::bigint as more_received from ("
    "    select x.user_id, x.booked_on as day, x.category, x.amount, 1 as n from x "
    "      join i on i.id = x.id and i.counts and i.deleted_at is null union all "
    "    select i.user_id, o.booked_on, o.category::text, o.amount::bigint, 0 from i "
    "      join transactions b on b.user_id = i.user_id and b.id = i.id and b.deleted_at is null "
    "      join transaction_lines o on o.user_id = b.user_id and o.transaction_id = b.id and o.counts) lines "
    "  group by user_id, day, category), "
    "a as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, day, category, spent, received from d where more_spent <> 0 or more_received <> 0 "
    "  on conflict (user_id, day, category) do update set (spent, received) = ("
    "    select day_actual.spent + d.more_spent, day_actual.received + d.more_received from d "
    "    where d.day = day_actual.day and d.category = day_actual.category))");

}  // namespace mita::finance
