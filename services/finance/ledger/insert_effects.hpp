// What every statement that creates transactions does, one or a thousand: the rows, their lines, the days' sums. Used
// by ledger_store (one) and batch_store (many).
#pragma once

namespace mita::finance {

// Stands behind keyed_ledger (keyed_sql.hpp) and two parts of the statement's own: `i`, the transactions, a column
// each, with user_id and `counts`; `x`, their lines: user_id, id, booked_on, counts, category, amount, note ('': none),
// n.
inline constexpr char insert_effects[] =
    ", t as (insert into transactions (user_id, id, booked_on, amount, currency, account_id, occurred_at, payee, note, "
    "    tags, created_at, updated_at, bill_id, bill_unlinked, search_key, payee_id, written_by, written_with) "
    "  select user_id, id, booked_on, amount, currency, nullif(account_id, user_id), occurred_at, payee, note, "
    "    tags, $8::timestamptz, $8::timestamptz, bill_id, bill_unlinked, search_key, payee_id, written_by, "
    "    written_with from i), "
    "l as (insert into transaction_lines (user_id, transaction_id, n, category, amount, note, booked_on, counts) "
    "  select user_id, id, n, category, amount, nullif(note, ''), booked_on, counts from x), "
    "a as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, booked_on, category, -sum(amount)::bigint, sum(greatest(amount, 0))::bigint from x "
    "  where counts group by user_id, booked_on, category on conflict (user_id, day, category) do update "
    "  set spent = day_actual.spent + excluded.spent, received = day_actual.received + excluded.received)";

}  // namespace mita::finance
