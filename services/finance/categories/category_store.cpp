#include "finance/categories/category_store.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/categories/category_rows.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr auto read_sql =
    db::join("select ", category_columns, " from categories c where c.user_id = $1", category_order);
constexpr db::statement read_categories{"finance_category_rows", read_sql, db::sync::shared};
constexpr auto read_versioned_sql =
    db::join("select u.budget_version, ", category_columns,
             " from users u left join categories c on c.user_id = u.user_id where u.user_id = $1", category_order);
constexpr db::statement read_versioned_book{"finance_category_rows_versioned", read_versioned_sql, db::sync::shared};
constexpr auto insert_sql = db::join(
    keyed_budget,
    ", c as (insert into categories (user_id, id, name, class, aliases, archived, created_at, updated_at) "
    "  select user_id, $11::text, $12::text, $13::text, $14::text[], $15::boolean, $8::timestamptz, $8::timestamptz "
    "  from u)",
    keyed_end);
constexpr db::statement insert_category{"finance_category_insert", insert_sql};
// Before a change and under one Sync with it: the change sees everything committed before the lock was had.
constexpr db::statement lock_for_category{"finance_category_lock", "select 1 from users where user_id = $1 for update"};
// $2: the budget_version the book was read with; `ok` has a row when the change may happen. Is $3 in a transaction, in
// the plan inputs in force or in an opened month? That is `used`.
constexpr char used_row[] =
    "used as materialized (select exists (select 1 from transaction_lines where user_id = $1 and category = $3) "
    "or exists (select 1 from transfers x where x.user_id = $1 and x.before is not null and x.before @> "
    "  jsonb_build_array(jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('category', $3::text))))) "
    "or exists (select 1 from payees where user_id = $1 and category = $3) "
    "or exists (select 1 from budget_moves b where b.user_id = $1 and $3 in (b.from_category, b.to_category)) "
    "or exists (select 1 from onboarding_answers a join users u on u.user_id = a.user_id "
    "  and u.plan_version = a.version where a.user_id = $1 "
    "  and (a.answers @> jsonb_build_object('bills', jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or a.answers @> jsonb_build_object('incomes', jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or a.answers @> jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or a.answers @> jsonb_build_object('installments', "
    "    jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or a.answers @> jsonb_build_object('transfers', jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or a.answers @> jsonb_build_object('budgets', jsonb_build_array(jsonb_build_object('categories', "
    "    jsonb_build_array(jsonb_build_object('category', $3::text))))))) "
    "or exists (select 1 from periods where user_id = $1 "
    "  and (budget @> jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('id', $3::text))) "
    "  or budget @> jsonb_build_object('incomes', jsonb_build_array(jsonb_build_object('category', $3::text))) "
    "  or obligations @> jsonb_build_array(jsonb_build_object('category', $3::text)))) as it)";
constexpr char what_category_came[] = " select (select count(user_id) > 0 from moved), it from used";

constexpr auto put_sql = db::join(
    "with ", used_row,
    ", ok as (select u.user_id from users u, used where u.user_id = $1 and u.budget_version = $2 "
    "  and not ($4::boolean and used.it)), "
    "c as (insert into categories (user_id, id, name, class, aliases, archived, created_at, updated_at) "
    "  select user_id, $3::text, $5::text, $6::text, $7::text[], $8::boolean, $9::timestamptz, $9::timestamptz from ok "
    "  on conflict on constraint categories_key do update set name = excluded.name, class = excluded.class, "
    "    aliases = excluded.aliases, archived = excluded.archived, version = categories.version + 1, "
    "    updated_at = excluded.updated_at, "
    "    twin = case when categories.name = excluded.name then categories.twin else '' end returning user_id), "
    "moved as materialized (select move_budget(user_id, null, $9::timestamptz) as user_id from c)",
    what_category_came);
constexpr db::statement put_category{"finance_category_put", put_sql};
constexpr auto remove_category_sql =
    db::join("with ", used_row,
             ", ok as (select u.user_id from users u, used where u.user_id = $1 and u.budget_version = $2 "
             "  and not used.it), "
             "c as (delete from categories using ok where categories.user_id = ok.user_id and id = $3 "
             "  returning ok.user_id), "
             "moved as materialized (select user_id, remove_for_good(user_id, 'category', $3::text, $4::timestamptz) "
             "  from (select move_budget(user_id, null, $4::timestamptz) as user_id from c offset 0) m)",
             what_category_came);
constexpr db::statement remove_category{"finance_category_remove", remove_category_sql};

category_change category_came_of(const db::rows& rows, bool unless_used) {
    const auto r = rows.front();
    if (r.get<bool>(0)) return category_change::done;
    return unless_used && r.get<bool>(1) ? category_change::in_use : category_change::moved;
}

[[noreturn]] void refuse_name(const category_entry& e) {
    throw api_error(409, "already_exists", "Another category has the name \"" + e.name + "\".");
}

}  // namespace

awaitable<category_book> category_store::read(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_categories, d, user);
    co_return book_from(rows);
}

awaitable<std::optional<category_store::versioned_book>> category_store::read_versioned(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_versioned_book, d, user);
    if (rows.empty()) co_return std::nullopt;
    co_return versioned_book{book_from(rows, 1), rows.front().get<std::int64_t>(0)};
}

awaitable<write_outcome> category_store::insert(const uuid& user, const category_entry& e, const state_before& from,
                                                const keyed_answer& answer, deadline d) {
    try {
        const auto rows = co_await db_.query(insert_category, d, user, answer, from, e.id, e.name, class_name(e.cls),
                                             e.aliases, e.archived);
        co_return outcome_of(rows);
    } catch (const db::error& fault) {
        if (fault.is_unique_violation("categories_word")) refuse_name(e);
        if (!fault.is_unique_violation("categories_key")) throw;
    }
    co_return write_outcome();
}

awaitable<category_change> category_store::put(const uuid& user, const category_entry& e, std::int64_t budget_version,
                                               bool unless_used, deadline d) {
    db::batch both;
    both.add(lock_for_category, user);
    both.add(put_category, user, budget_version, e.id, unless_used, e.name, class_name(e.cls), e.aliases, e.archived,
             wall::now());
    try {
        const auto results = co_await db_.run_batch(std::move(both), d);
        co_return category_came_of(results.at(1), unless_used);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("categories_word")) throw;
    }
    refuse_name(e);
}

awaitable<category_change> category_store::remove(const uuid& user, const std::string& id, std::int64_t budget_version,
                                                  deadline d) {
    db::batch both;
    both.add(lock_for_category, user);
    both.add(remove_category, user, budget_version, id, wall::now());
    const auto results = co_await db_.run_batch(std::move(both), d);
    co_return category_came_of(results.at(1), true);
}

}  // namespace mita::finance
