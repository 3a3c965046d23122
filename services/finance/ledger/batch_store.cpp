#include "finance/ledger/batch_store.hpp"

#include "finance/ledger/insert_effects.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/transaction_records.hpp"
#include "finance/ledger/transaction_rows.hpp"

#include <optional>
#include <utility>

namespace mita::finance {

namespace {

// $11: the records; $12, $13: who; $14: the act.
constexpr char keep_act[] =
    ", act as (insert into transaction_acts (user_id, id, made_at, entries, versions) "
    "  select user_id, $14::uuid, $8::timestamptz, array_agg(id), array_agg(version) from i "
    "  where $14::uuid is not null group by user_id)";
constexpr auto records_sql =
    db::join(keyed_ledger,
             ", i as materialized (select u.user_id, e.*, $12::uuid as written_by, $13::text as written_with "
             "  from u cross join jsonb_to_recordset($11::jsonb) as e",
             record_columns, "), ", lines_of_records);
constexpr auto insert_sql = db::join(records_sql, insert_effects, keep_act, keyed_end);
constexpr db::statement insert_transactions{"finance_transactions_insert", insert_sql};

// As finance_transaction_change does it to one, and what deletes and restores one. d: what the new lines of those that
// are live give a day's row when there is none, and what row there is moves by.
constexpr auto change_sql = db::join(
    records_sql,
    ", t as (update transactions t set booked_on = i.booked_on, amount = i.amount, currency = i.currency, "
    "    account_id = nullif(i.account_id, i.user_id), occurred_at = i.occurred_at, payee = i.payee, note = i.note, "
    "    tags = i.tags, bill_id = i.bill_id, bill_unlinked = i.bill_unlinked, search_key = i.search_key, "
    "    deleted_at = i.deleted_at, version = i.version, updated_at = $8::timestamptz, payee_id = i.payee_id, "
    "    writing_by = i.written_by, writing_with = i.written_with from i "
    "  where t.user_id = i.user_id and t.id = i.id and t.version = i.version - 1), "
    "gone as (delete from transaction_lines l using i where l.user_id = i.user_id and l.transaction_id = i.id "
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
    "    where d.day = day_actual.day and d.category = day_actual.category))",
    keep_act, keyed_end);
constexpr db::statement change_transactions{"finance_transactions_change", change_sql};

constexpr db::statement find_taken{"finance_transactions_taken",
                                   "select id from transactions where user_id = $1 and id = any($2::uuid[])"};
constexpr auto find_sql =
    db::join("select ", transaction_columns, " from transactions t cross join lateral ", lines_of_each,
             " where t.user_id = $1 and t.id = any($2::uuid[]) order by t.id, l.n");
constexpr db::statement find_transactions{"finance_transactions", find_sql};

}  // namespace

awaitable<write_outcome> signed_store::create_many(const uuid& user, std::span<const transaction> entries,
                                                   state_before from, keyed_answer answer, std::optional<uuid> act,
                                                   deadline d) {
    const auto records = records_of(entries);
    const auto rows = co_await db_.query(insert_transactions, d, user, answer, from, records, by_, act);
    co_return outcome_of(rows);
}

awaitable<write_outcome> signed_store::change_many(const uuid& user, std::span<const transaction> entries,
                                                   state_before from, keyed_answer answer, std::optional<uuid> act,
                                                   deadline d) {
    const auto records = records_of(entries);
    const auto rows = co_await db_.query(change_transactions, d, user, answer, from, records, by_, act);
    co_return outcome_of(rows);
}

awaitable<write_outcome> batch_store::create(const uuid& user, std::span<const transaction> entries, state_before from,
                                             keyed_answer answer, deadline d) {
    signed_store nobodys(db_, writer());
    auto out = co_await nobodys.create_many(user, entries, from, answer, std::nullopt, d);
    co_return out;
}

awaitable<std::vector<uuid>> batch_store::taken(const uuid& user, std::vector<uuid> ids, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_taken, d, user, ids);
    std::vector<uuid> out;
    for (const auto r : rows) out.push_back(r.get<uuid>(0));
    co_return out;
}

awaitable<std::vector<transaction>> signed_store::find(const uuid& user, std::vector<uuid> ids, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_transactions, d, user, ids);
    co_return transactions_from(rows);
}

}  // namespace mita::finance
