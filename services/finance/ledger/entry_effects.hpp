// What every statement that writes transactions does, one or a thousand: the rows, their lines, the days' sums. Used by
// signed_store and the transfers' store.
#pragma once

namespace mita::finance {

// Stands behind keyed_ledger (keyed_sql.hpp) and two parts of the statement's own: `i`, the transactions, a column
// each, with user_id and `counts`; `x`, their lines: user_id, id, booked_on, counts, category, amount, note ('': none),
// n.
inline constexpr char insert_effects[] =
    ", t as (insert into transactions (user_id, id, booked_on, amount, currency, account_id, occurred_at, payee, note, "
    "    tags, created_at, updated_at, bill_id, bill_unlinked, search_key, payee_id, written_by, written_with, "
    "cleared) "
    "  select user_id, id, booked_on, amount, currency, nullif(account_id, user_id), occurred_at, payee, note, "
    "    tags, $8::timestamptz, $8::timestamptz, bill_id, bill_unlinked, search_key, payee_id, written_by, "
    "    written_with, cleared from i), "
    "l as (insert into transaction_lines (user_id, transaction_id, n, category, amount, note, booked_on, counts) "
    "  select user_id, id, n, category, amount, nullif(note, ''), booked_on, counts from x), "
    "a as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, booked_on, category, -sum(amount)::bigint, sum(greatest(amount, 0))::bigint from x "
    "  where counts group by user_id, booked_on, category on conflict (user_id, day, category) do update "
    "  set spent = day_actual.spent + excluded.spent, received = day_actual.received + excluded.received)";

// The same where rows stand already: behind `i` and `x` (transaction_records.hpp), what they will be, beside what
// writes their rows. d: what the new lines of those that are live give a day's row when there is none, and what row
// there is moves by. Only under the versions the change was judged by: so the old lines, of the statement's snapshot,
// are those judged.
inline constexpr char change_effects[] =
    ", gone as (delete from transaction_lines l using i where l.user_id = i.user_id and l.transaction_id = i.id "
    "  and l.n > jsonb_array_length(i.lines)), "
    "l as (insert into transaction_lines (user_id, transaction_id, n, category, amount, note, booked_on, counts) "
    "  select user_id, id, n, nullif(category, ''), amount, nullif(note, ''), booked_on, counts from x "
    "  on conflict (user_id, transaction_id, n) do update set category = excluded.category, amount = excluded.amount, "
    "    note = excluded.note, booked_on = excluded.booked_on, counts = excluded.counts), "
    "d as (select user_id, day, category, -sum(amount * n)::bigint as spent, "
    "    sum(greatest(amount, 0) * n)::bigint as received, -sum(amount * (2 * n - 1))::bigint as more_spent, "
    "    sum(greatest(amount, 0) * (2 * n - 1))::bigint as more_received from ("
    "    select x.user_id, x.booked_on as day, x.category::text as category, x.amount, 1 as n from x "
    "      join i on i.id = x.id where x.counts and i.deleted_at is null union all "
    "    select o.user_id, o.booked_on, o.category::text, o.amount::bigint, 0 from i "
    "      join transactions w on w.user_id = i.user_id and w.id = i.id and w.deleted_at is null "
    "      join transaction_lines o on o.user_id = i.user_id and o.transaction_id = i.id and o.counts) lines "
    "  group by user_id, day, category), "
    "a as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, day, category, spent, received from d where more_spent <> 0 or more_received <> 0 "
    "  on conflict (user_id, day, category) do update set (spent, received) = ("
    "    select day_actual.spent + d.more_spent, day_actual.received + d.more_received from d "
    "    where d.day = day_actual.day and d.category = day_actual.category))";

}  // namespace mita::finance
