#include "finance/categories/category_store.hpp"

#include "core/clock.hpp"
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
constexpr db::statement change_category{
    "finance_category_change",
    "with c as (update categories set name = $4, class = $5, aliases = $6, archived = $7, version = version + 1, "
    "  updated_at = $8::timestamptz where user_id = $1 and id = $2 and version = $3 returning user_id) "
    "select move_budget(user_id, null, $8::timestamptz) from c"};
constexpr db::statement remove_category{
    "finance_category_remove",
    "with c as (delete from categories where user_id = $1 and id = $2 and version = $3 returning user_id) "
    "select move_budget(user_id, null, $4::timestamptz) from c"};
constexpr db::statement category_in_use{
    "finance_category_in_use",
    "select exists (select 1 from transaction_lines where user_id = $1 and category = $2) "
    "or exists (select 1 from onboarding_answers a join users u on u.user_id = a.user_id "
    "  and u.plan_version = a.version where a.user_id = $1 "
    "  and (a.answers @> jsonb_build_object('bills', jsonb_build_array(jsonb_build_object('category', $2::text))) "
    "  or a.answers @> jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('category', $2::text))))) "
    "or exists (select 1 from periods where user_id = $1 "
    "  and budget @> jsonb_build_object('categories', jsonb_build_array(jsonb_build_object('id', $2::text))))"};

}  // namespace

void category_store::add_reading(db::batch& to, const uuid& user) { to.add(read_categories, user); }

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
        if (!fault.is_unique_violation("categories_key")) throw;
    }
    co_return write_outcome();
}

awaitable<bool> category_store::change(const uuid& user, const category_entry& e, deadline d) {
    const auto rows = co_await db_.query(change_category, d, user, e.id, e.version - 1, e.name, class_name(e.cls),
                                         e.aliases, e.archived, wall::now());
    co_return !rows.empty();
}

awaitable<bool> category_store::remove(const uuid& user, const std::string& id, std::int64_t version, deadline d) {
    const auto rows = co_await db_.query(remove_category, d, user, id, version, wall::now());
    co_return !rows.empty();
}

awaitable<bool> category_store::in_use(const uuid& user, const std::string& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(category_in_use, d, user, id);
    co_return rows.front().get<bool>(0);
}

}  // namespace mita::finance
