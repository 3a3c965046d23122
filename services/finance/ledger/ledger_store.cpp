#include "finance/ledger/ledger_store.hpp"

#include "core/error.hpp"
#include "finance/ledger/insert_effects.hpp"
#include "finance/ledger/search_text.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/payees/payee_word.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// As keyed_ledger. p: whom the payee means, by its word ($27), else the new one that the answer names ($28). The answer
// is made before this is known, in one round trip: it is kept, and given, with the one in the other's place.
constexpr char keyed_with_payee[] =
    "with p as materialized (select coalesce((select w.payee_id from payee_words w where w.user_id = $1::uuid "
    "    and md5(w.word) = md5($27::text)), $28::uuid) as id), "
    "k as materialized (select b.*, p.id as payee_id from p cross join lateral begin_keyed($1::uuid, $2::text, "
    "    $3::text, $4::bytea, $5::integer, $6::text, coalesce(replace($7::text, $28::text, p.id::text), $7::text), "
    "    $8::timestamptz, 'ledger', $9::bigint, $10::bigint) b), "
    "u as (select writer as user_id from k where writer is not null)";
constexpr char with_payee_end[] =
    " select writer is not null, kept_print, kept_code, kept_head, kept_answer, payee_id from k";
// The one of a POST; its lines come as arrays.
constexpr auto insert_sql = db::join(
    keyed_with_payee,
    ", i as (select u.user_id, $11::uuid as id, $12::date as booked_on, $13::bigint as amount, $14::text as currency, "
    "    $15::uuid as account_id, $16::timestamptz as occurred_at, $17::text as payee, $18::text as note, "
    "    $19::text[] as tags, $23::text as bill_id, $24::boolean as bill_unlinked, $25::text as search_key, "
    "    $26::boolean as counts, $28::uuid as payee_id, $29::uuid as written_by, $30::text as written_with from u), "
    "x as (select i.user_id, i.id, i.booked_on, i.counts, l.* from i, "
    "  unnest($20::text[], $21::bigint[], $22::text[]) with ordinality as l(category, amount, note, n))",
    insert_effects, with_payee_end);
constexpr db::statement insert_transaction{"finance_transaction_insert", insert_sql};

constexpr auto find_sql =
    db::join("select ", transaction_columns,
             " from transactions t join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
             "where t.user_id = $1 and t.id = $2 order by l.n");
constexpr db::statement find_transaction{"finance_transaction", find_sql, db::sync::shared};
constexpr db::statement find_version{"finance_ledger_version", "select ledger_version from users where user_id = $1",
                                     db::sync::shared};
// Only under the versions the change was judged by: so the old lines, of the statement's snapshot, are those
// judged. d: what the new lines give a day's row when there is none, and what row there is moves by.
constexpr db::statement change_transaction{
    "finance_transaction_change",
    "with u as materialized (select w as user_id from move_ledger($1, $17, $18) as w where w is not null), "
    "t as (update transactions set booked_on = $4, amount = $5, account_id = nullif($6::uuid, $1::uuid), occurred_at = "
    "$7, payee = "
    "$8, "
    "    note = $9, tags = $10, bill_id = $11, bill_unlinked = $12, version = version + 1, updated_at = $13, "
    "search_key = $19, currency = $21, payee_id = $22, writing_by = $23::uuid, writing_with = $24::text from u "
    "  where transactions.user_id = u.user_id and id = $2 and version = $3 and deleted_at is null), "
    "x as (select u.user_id, l.* from u, unnest($14::text[], $15::bigint[], $16::text[]) with ordinality "
    "  as l(category, amount, note, n)), "
    "gone as (delete from transaction_lines using u where transaction_lines.user_id = u.user_id "
    "  and transaction_id = $2 and n > cardinality($14::text[])), "
    "l as (insert into transaction_lines (user_id, transaction_id, n, category, amount, note, booked_on, counts) "
    "  select user_id, $2, n, nullif(category, ''), amount, nullif(note, ''), $4::date, $20::boolean from x "
    "  on conflict (user_id, transaction_id, n) do update set category = excluded.category, amount = excluded.amount, "
    "    note = excluded.note, booked_on = excluded.booked_on, counts = excluded.counts), "
    "d as (select user_id, day, category, -sum(amount * n)::bigint as spent, "
    "    sum(greatest(amount, 0) * n)::bigint as received, -sum(amount * (2 * n - 1))::bigint as more_spent, "
    "    sum(greatest(amount, 0) * (2 * n - 1))::bigint as more_received from ("
    "    select user_id, $4::date as day, category::text as category, amount, 1 as n from x where $20::boolean union "
    "all "
    "    select u.user_id, o.booked_on, o.category::text, o.amount::bigint, 0 from u join transaction_lines o "
    "      on o.user_id = u.user_id and o.transaction_id = $2 and o.counts) lines group by user_id, day, category), "
    "a as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, day, category, spent, received from d where more_spent <> 0 or more_received <> 0 "
    "  on conflict (user_id, day, category) do update set (spent, received) = ("
    "    select day_actual.spent + d.more_spent, day_actual.received + d.more_received from d "
    "    where d.day = day_actual.day and d.category = day_actual.category)) "
    "select 1 from u"};

constexpr db::statement remove_transaction{
    "finance_transaction_remove",
    "with u as materialized (select w as user_id from move_ledger($1, $5, $6) as w where w is not null), "
    "t as (update transactions set deleted_at = $4, updated_at = $4, version = version + 1, writing_by = $7::uuid, "
    "    writing_with = $8::text from u "
    "  where transactions.user_id = u.user_id and id = $2 and version = $3 and deleted_at is null), "
    "l as (select u.user_id, l.booked_on, l.category, sum(l.amount)::bigint as amount, "
    "    sum(greatest(l.amount, 0))::bigint as received from u join transaction_lines l "
    "    on l.user_id = u.user_id and l.transaction_id = $2 and l.counts group by u.user_id, l.booked_on, l.category), "
    "a as (update day_actual a set spent = a.spent + l.amount, received = a.received - l.received from l "
    "  where a.user_id = l.user_id and a.day = l.booked_on and a.category = l.category) "
    "select 1 from u"};

constexpr auto restore_sql =
    db::join(keyed_ledger,
             ", t as (update transactions set deleted_at = null, updated_at = $8::timestamptz, version = version + 1, "
             "    writing_by = $13::uuid, writing_with = $14::text from u "
             "  where transactions.user_id = u.user_id and id = $11 and version = $12 and deleted_at is not null), "
             "a as (insert into day_actual (user_id, day, category, spent, received) "
             "  select u.user_id, l.booked_on, l.category, -sum(l.amount)::bigint, sum(greatest(l.amount, 0))::bigint "
             "  from u join transaction_lines l on l.user_id = u.user_id and l.transaction_id = $11 and l.counts "
             "  group by u.user_id, l.booked_on, l.category on conflict (user_id, day, category) do update "
             "  set spent = day_actual.spent + excluded.spent, received = day_actual.received + excluded.received)",
             keyed_end);
constexpr db::statement restore_transaction{"finance_transaction_restore", restore_sql};

// As the latest revision of its own month has it, or of the month before while its own is not open.
constexpr db::statement find_link_target{
    "finance_link_target",
    "select x.category, x.income from periods p cross join lateral ("
    "  select o.id, o.category, o.day, false as income "
    "  from jsonb_to_recordset(p.obligations) as o(id text, category text, day date) union all "
    "  select o.id, o.category, o.day, true "
    "  from jsonb_to_recordset(p.budget->'incomes') as o(id text, category text, day date)) x "
    "where p.user_id = $1 and x.id = $2 and not exists (select 1 from periods n where n.user_id = p.user_id "
    "    and n.month = p.month and n.revision > p.revision) "
    "  and (date_trunc('month', x.day) = p.month or not exists (select 1 from periods m where m.user_id = p.user_id "
    "    and m.month = date_trunc('month', x.day)::date)) and (p.obligations @> "
    "jsonb_build_array(jsonb_build_object('id', $2::text)) "
    "  or p.budget->'incomes' @> jsonb_build_array(jsonb_build_object('id', $2::text))) "
    "order by p.month desc limit 1"};

struct line_columns {
    std::vector<std::string> category, note;
    std::vector<std::int64_t> value;

    explicit line_columns(const transaction& t) {
        for (const auto& line : t.lines) {
            category.push_back(line.category);
            note.push_back(line.note.value_or(""));
            value.push_back(line.value);
        }
    }
};

std::optional<std::string> text_or_null(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<std::string> word_of_payee(const transaction& t) {
    if (!t.payee_id) return std::nullopt;
    return payee_word_of(t.payee.value());
}

// The answer, which names the payee by the id it had at hand.
void name_payee(http::response& answer, const std::optional<uuid>& supposed, const std::optional<uuid>& meant) {
    if (supposed == meant) return;
    const auto id = supposed->str();
    const auto at = answer.body.find(id);
    if (at != std::string::npos) answer.body.replace(at, id.size(), meant->str());
}

}  // namespace

awaitable<write_outcome> signed_store::create(const uuid& user, const transaction& t, const state_before& from,
                                              const keyed_answer& answer, http::response& given, deadline d) {
    const line_columns lines(t);
    const year_month_day day(t.booked_on);
    try {
        const auto rows = co_await db_.query(
            insert_transaction, d, user, answer, from, t.id, day, t.value, t.currency, t.account_id, t.occurred_at,
            t.payee, t.note, t.tags, lines.category, lines.value, lines.note, text_or_null(t.bill_id), t.bill_unlinked,
            search_key_of(t.payee, t.note), t.counts, word_of_payee(t), t.payee_id, by_);
        name_payee(given, t.payee_id, rows.front().get<std::optional<uuid>>(5));
        co_return outcome_of(rows);
    } catch (const db::error& e) {
        // Whichever of the two is written first; a deleted transaction keeps its lines.
        if (!e.is_unique_violation("transactions_key") && !e.is_unique_violation("transaction_lines_key")) throw;
    }
    throw api_error(409, "already_exists", "A transaction with this id exists.");
}

// By nobody.
awaitable<write_outcome> ledger_store::create(const uuid& user, const transaction& t, const state_before& from,
                                              const keyed_answer& answer, http::response& given, deadline d) {
    signed_store nobodys(db_, writer());
    auto out = co_await nobodys.create(user, t, from, answer, given, d);
    co_return out;
}

awaitable<bool> ledger_store::change(const uuid& user, const transaction& now, const state_before& from, deadline d) {
    signed_store nobodys(db_, writer());
    const bool done = co_await nobodys.change(user, now, from, d);
    co_return done;
}

awaitable<bool> ledger_store::remove(const uuid& user, const transaction& gone, const state_before& from, deadline d) {
    signed_store nobodys(db_, writer());
    const bool done = co_await nobodys.remove(user, gone, from, d);
    co_return done;
}

awaitable<write_outcome> ledger_store::restore(const uuid& user, const transaction& back, const state_before& from,
                                               const keyed_answer& answer, deadline d) {
    signed_store nobodys(db_, writer());
    auto out = co_await nobodys.restore(user, back, from, answer, d);
    co_return out;
}

awaitable<std::optional<transaction>> ledger_store::find(const uuid& user, const uuid& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_transaction, d, user, id);
    auto found = transactions_from(rows);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

awaitable<bool> signed_store::change(const uuid& user, const transaction& now, const state_before& from, deadline d) {
    const line_columns lines(now);
    const year_month_day day(now.booked_on);
    const auto rows = co_await db_.query(
        change_transaction, d, user, now.id, now.version - 1, day, now.value, now.account_id, now.occurred_at,
        now.payee, now.note, now.tags, text_or_null(now.bill_id), now.bill_unlinked, now.updated_at, lines.category,
        lines.value, lines.note, from, search_key_of(now.payee, now.note), now.counts, now.currency, now.payee_id, by_);
    co_return !rows.empty();
}

awaitable<bool> signed_store::remove(const uuid& user, const transaction& gone, const state_before& from, deadline d) {
    const auto rows =
        co_await db_.query(remove_transaction, d, user, gone.id, gone.version - 1, *gone.deleted_at, from, by_);
    co_return !rows.empty();
}

awaitable<write_outcome> signed_store::restore(const uuid& user, const transaction& back, const state_before& from,
                                               const keyed_answer& answer, deadline d) {
    const auto rows = co_await db_.query(restore_transaction, d, user, answer, from, back.id, back.version - 1, by_);
    co_return outcome_of(rows);
}

awaitable<std::optional<link_target>> ledger_store::find_target(const uuid& user, std::string id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_link_target, d, user, id);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    co_return link_target{r.get<std::string>(0), r.get<bool>(1)};
}

awaitable<std::optional<std::int64_t>> ledger_store::version(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_version, d, user);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::finance
