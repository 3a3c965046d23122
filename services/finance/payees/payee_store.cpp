#include "finance/payees/payee_store.hpp"

#include "core/error.hpp"
#include "finance/payees/payee_rows.hpp"
#include "finance/payees/payee_word.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr auto read_sql = db::join(
    "select u.ledger_version, u.budget_version, (select w.payee_id from payee_words w where w.user_id = $1 "
    "  and md5(w.word) = md5($3::text)), ",
    payee_columns,
    " from users u left join payees y on y.user_id = u.user_id and y.id = any($2::uuid[]) where u.user_id = $1");
constexpr db::statement read_payees{"finance_payees", read_sql, db::sync::shared};
constexpr int first_column = 3;
// $2 $3: the place; $4: what the words begin with; $5: behind all of those; $6: archived ones, others, or all.
constexpr auto list_sql =
    db::join("select u.ledger_version, left(y.word, 100), ", payee_columns,
             " from users u left join lateral (select * from payees p where p.user_id = $1 and p.merged_into is null "
             "    and (left(p.word, 100) collate \"C\", p.id) > (left($2::text, 100), $3::uuid) and left(p.word, 100) "
             "collate \"C\" < $5::text "
             "    and starts_with(p.word, $4::text) and ($6::boolean is null or p.archived = $6) "
             "    order by left(p.word, 100) collate \"C\", p.id limit $7::bigint) y on true where u.user_id = $1 "
             "order by left(y.word, 100) collate \"C\", y.id");
constexpr db::statement list_payees{"finance_payee_list", list_sql};
constexpr db::statement who_is_meant{
    "finance_payee_meant",
    "select w.word, p.id, case when not p.archived then p.category end from unnest($2::text[]) as asked(word) "
    "join payee_words w on w.user_id = $1 and md5(w.word) = md5(asked.word) "
    "join payees p on p.user_id = w.user_id and p.id = w.payee_id",
    db::sync::shared};
constexpr auto insert_sql = db::join(
    keyed_ledger,
    ", p as (insert into payees (user_id, id, name, word, category, created_at, updated_at) "
    "  select user_id, $11::uuid, $12::text, $13::text, $14::text, $8::timestamptz, $8::timestamptz from u), "
    "w as (insert into payee_words (user_id, word, payee_id, home_id) select user_id, $13::text, $11::uuid, $11::uuid "
    "  from u)",
    keyed_end);
constexpr db::statement insert_payee{"finance_payee_insert", insert_sql};
constexpr db::statement change_payee{
    "finance_payee_change",
    "with u as materialized (select w as user_id from move_ledger($1, $8, $9) as w where w is not null), "
    "p as (update payees set name = $3, word = $4, category = $5, archived = $6, version = version + 1, "
    "    updated_at = $7 from u where payees.user_id = u.user_id and id = $2), "
    "w as (insert into payee_words (user_id, word, payee_id, home_id) select user_id, $4::text, $2::uuid, $2::uuid "
    "  from u on conflict (user_id, md5(word)) do nothing) select 1 from u"};
constexpr db::statement remove_payee{
    "finance_payee_remove",
    "with u as materialized (select w as user_id from move_ledger($1, $4, $5) as w where w is not null), "
    "p as (delete from payees using u where payees.user_id = u.user_id and id = $2) "
    "select remove_for_good(user_id, 'payee', $2::text, $3::timestamptz) from u"};
constexpr db::statement count_bookings{
    "finance_payee_booked",
    "select count(*) from unnest($2::uuid[]) as p(id) cross join lateral (select 1 from transactions t "
    "  where t.user_id = $1 and t.payee_id = p.id limit $3::bigint) t"};
constexpr auto merge_sql = db::join(
    keyed_ledger,
    ", f as (update payees set merged_into = $11::uuid, version = version + 1, updated_at = $8::timestamptz from u "
    "  where payees.user_id = u.user_id and id = any($12::uuid[]) "
    "  returning remove_for_good(payees.user_id, 'payee', id::text, $8::timestamptz)), "
    "i as (update payees set version = version + 1, updated_at = $8::timestamptz from u "
    "  where payees.user_id = u.user_id and id = $11), "
    "w as (update payee_words set payee_id = $11 from u where payee_words.user_id = u.user_id and payee_id = "
    "any($12)), "
    "t as (update transactions set payee_id = $11, version = version + 1, updated_at = $8::timestamptz, "
    "    writing_by = $13::uuid, writing_with = $14::text from u "
    "  where transactions.user_id = u.user_id and payee_id = any($12))",
    keyed_end);
constexpr db::statement merge_payees{"finance_payee_merge", merge_sql};
// Itself, and what was merged into it before it was merged.
constexpr char with_its_own[] =
    "with recursive own as (select id, merged_into from payees where user_id = $1 and id = $2 union "
    "  select p.id, p.merged_into from payees p join own o on p.merged_into = o.id where p.user_id = $1), ";
constexpr auto way_back_sql = db::join(
    with_its_own,
    "up as (select id, merged_into from payees where user_id = $1 and id = $2 union "
    "  select p.id, p.merged_into from payees p join up on p.id = up.merged_into where p.user_id = $1), "
    "root as (select id from up where merged_into is null and id <> $2), "
    "words as (select w.word from payee_words w where w.user_id = $1 and w.home_id in (select id from own)) "
    "select (select id from root), (select count(*) from (select 1 from transactions t where t.user_id = $1 "
    "    and t.payee_id = (select id from root) "
    "    and payee_word(split_part(t.search_key, E'\\n', 1)) in (select word from words) limit $3::bigint) t), "
    "exists (select 1 from payees p where p.user_id = $1 and p.id = (select id from root) "
    "  and p.word in (select word from words))");
constexpr db::statement read_way_back{"finance_payee_way_back", way_back_sql};
constexpr auto unmerge_sql = db::join(
    keyed_ledger,
    ", own as (select o.id from u cross join lateral (with recursive o as (select $11::uuid as id union "
    "    select p.id from payees p join o on p.merged_into = o.id where p.user_id = u.user_id) select id from o) o), "
    "p as (update payees set version = version + 1, updated_at = $8::timestamptz, "
    "    merged_into = case when id = $11 then null else merged_into end from u where payees.user_id = u.user_id "
    "  and id in ($11, $12::uuid, (select merged_into from payees m where m.user_id = $1 and m.id = $11))), "
    "w as (update payee_words set payee_id = $11 from u where payee_words.user_id = u.user_id "
    "  and home_id in (select id from own) returning word), "
    "t as (update transactions set payee_id = $11, version = version + 1, updated_at = $8::timestamptz, "
    "    writing_by = $13::uuid, writing_with = $14::text from u "
    "  where transactions.user_id = u.user_id and payee_id = $12 "
    "  and payee_word(split_part(search_key, E'\\n', 1)) in (select word from w))",
    keyed_end);
constexpr db::statement unmerge_payee{"finance_payee_unmerge", unmerge_sql};

}  // namespace

awaitable<std::optional<payee_store::known>> payee_store::read(const uuid& user, const std::vector<uuid>& ids,
                                                               std::string word, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_payees, d, user, ids, word);
    if (rows.empty()) co_return std::nullopt;
    known out;
    out.version = {rows.front().get<std::int64_t>(0), rows.front().get<std::int64_t>(1)};
    out.word_means = rows.front().get<std::optional<uuid>>(2);
    for (const auto r : rows)
        if (!r.is_null(first_column)) out.found.push_back(payee_from(r, first_column));
    co_return out;
}

awaitable<payee_store::page> payee_store::list(const uuid& user, const payee_filter& filter,
                                               const std::optional<payee_place>& from, int limit, deadline d) {
    const auto begin = from.value_or(payee_place{filter.prefix, uuid()});
    const auto end = filter.prefix + "\xf4\x8f\xbf\xbf";  // the last code point there can be
    const auto rows = co_await db_.query_idempotent(list_payees, d, user, begin.word, begin.id, filter.prefix, end,
                                                    filter.archived, std::int64_t{limit} + 1);
    page out;
    if (rows.empty()) co_return out;
    out.ledger_version = rows.front().get<std::int64_t>(0);
    std::string last;
    for (const auto r : rows) {
        if (r.is_null(1)) break;
        if (std::cmp_equal(out.entries.size(), limit)) {
            out.next = payee_place{last, out.entries.back().id};
            break;
        }
        last = r.get<std::string>(1);
        out.entries.push_back(payee_from(r, 2));
    }
    co_return out;
}

awaitable<payees_meant> payee_store::meant(const uuid& user, const std::vector<std::string>& words, deadline d) {
    payees_meant out;
    if (words.empty()) co_return out;
    const auto rows = co_await db_.query_idempotent(who_is_meant, d, user, words);
    for (const auto r : rows) out[r.get<std::string>(0)] = {r.get<uuid>(1), r.get<std::optional<std::string>>(2)};
    co_return out;
}

awaitable<write_outcome> payee_store::insert(const uuid& user, const payee& p, const state_before& from,
                                             const keyed_answer& answer, deadline d) {
    try {
        const auto rows =
            co_await db_.query(insert_payee, d, user, answer, from, p.id, p.name, payee_word_of(p.name), p.category);
        co_return outcome_of(rows);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("payees_key")) throw;
    }
    throw api_error(409, "already_exists", "A payee with this id exists.");
}

awaitable<bool> payee_store::change(const uuid& user, const payee& p, const state_before& from, deadline d) {
    const auto rows = co_await db_.query(change_payee, d, user, p.id, p.name, payee_word_of(p.name), p.category,
                                         p.archived, p.updated_at, from);
    co_return !rows.empty();
}

awaitable<bool> payee_store::remove(const uuid& user, const uuid& id, const state_before& from, deadline d) {
    const auto rows = co_await db_.query(remove_payee, d, user, id, wall::now(), from);
    co_return !rows.empty();
}

awaitable<std::int64_t> payee_store::booked(const uuid& user, const std::vector<uuid>& ids, std::int64_t most,
                                            deadline d) {
    const auto rows = co_await db_.query_idempotent(count_bookings, d, user, ids, most);
    co_return rows.front().get<std::int64_t>(0);
}

awaitable<write_outcome> payee_store::merge(const uuid& user, const uuid& into, const std::vector<uuid>& from,
                                            const state_before& judged_by, const keyed_answer& answer, writer by,
                                            deadline d) {
    const auto rows = co_await db_.query(merge_payees, d, user, answer, judged_by, into, from, by);
    co_return outcome_of(rows);
}

awaitable<payee_store::way_back> payee_store::find_way_back(const uuid& user, const uuid& id, std::int64_t most,
                                                            deadline d) {
    const auto rows = co_await db_.query_idempotent(read_way_back, d, user, id, most);
    const auto r = rows.front();
    co_return way_back{r.get<std::optional<uuid>>(0), r.get<std::int64_t>(1), r.get<bool>(2)};
}

awaitable<write_outcome> payee_store::unmerge(const uuid& user, const uuid& id, const uuid& root,
                                              const state_before& judged_by, const keyed_answer& answer, writer by,
                                              deadline d) {
    const auto rows = co_await db_.query(unmerge_payee, d, user, answer, judged_by, id, root, by);
    co_return outcome_of(rows);
}

}  // namespace mita::finance
