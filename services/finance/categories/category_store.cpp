#include "finance/categories/category_store.hpp"

#include "core/clock.hpp"
#include "finance/categories/category_rows.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr db::statement read_categories{
    "finance_category_rows",
    "select id, name, class, aliases, archived, version, created_at from categories where user_id = $1 "
    "order by created_at, id collate \"C\"",
    db::sync::shared};
constexpr db::statement insert_category{
    "finance_category_insert",
    "with c as (insert into categories (user_id, id, name, class, aliases, archived, created_at, updated_at) "
    "  values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (user_id, id) do nothing returning user_id), "
    "u as (update users set budget_version = budget_version + 1 from c where users.user_id = c.user_id "
    "  returning users.user_id), "
    "k as (insert into idempotency (user_id, scope, key, fingerprint, status, headers, body, created_at) "
    "  select user_id, $8::text, $9::text, $10::bytea, $11::integer, $12::text, $13::text, $7::timestamptz from u "
    "  where $9::text is not null), "
    "i as (insert into invalidations (kind, id, created_at) select 'user', user_id, $7::timestamptz from u) "
    "select pg_notify('finance_invalidations', user_id::text)::text from u"};
constexpr db::statement change_category{
    "finance_category_change",
    "with c as (update categories set name = $4, class = $5, aliases = $6, archived = $7, version = version + 1, "
    "  updated_at = $8 where user_id = $1 and id = $2 and version = $3 returning user_id), "
    "u as (update users set budget_version = budget_version + 1 from c where users.user_id = c.user_id "
    "  returning users.user_id), "
    "i as (insert into invalidations (kind, id, created_at) select 'user', user_id, $8::timestamptz from u) "
    "select pg_notify('finance_invalidations', user_id::text)::text from u"};
constexpr db::statement remove_category{
    "finance_category_remove",
    "with c as (delete from categories where user_id = $1 and id = $2 and version = $3 returning user_id), "
    "u as (update users set budget_version = budget_version + 1 from c where users.user_id = c.user_id "
    "  returning users.user_id), "
    "i as (insert into invalidations (kind, id, created_at) select 'user', user_id, $4::timestamptz from u) "
    "select pg_notify('finance_invalidations', user_id::text)::text from u"};
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

awaitable<category_book> category_store::read(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_categories, d, user);
    co_return book_from(rows);
}

awaitable<bool> category_store::insert(const uuid& user, const category_entry& e, const keyed_request* key,
                                       const kept_answer& answer, deadline d) {
    std::optional<std::string> scope;
    std::optional<std::string> name;
    if (key != nullptr) {
        scope = key->scope;
        name = key->key;
    }
    const db::bytes fingerprint{answer.fingerprint};
    const auto rows =
        co_await db_.query(insert_category, d, user, e.id, e.name, class_name(e.cls), e.aliases, e.archived,
                           wall::now(), scope, name, fingerprint, answer.status, answer.headers, answer.body);
    co_return !rows.empty();
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
