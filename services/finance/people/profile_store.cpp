#include "finance/people/profile_store.hpp"

#include "core/clock.hpp"
#include "finance/people/profile_rows.hpp"

namespace mita::finance {

namespace {

constexpr db::statement find_user{
    "finance_user",
    "select timezone, currency, locale, region, coalesce((settings->>'cover')::boolean, true), onboarded_on, "
    "planned_from, plan_version, budget_version, ledger_version, version, created_at, updated_at from users where "
    "user_id = $1",
    db::sync::shared};
constexpr db::statement make_user{
    "finance_user_make",
    "insert into users (user_id, timezone, currency, locale, region, settings, created_at, updated_at) "
    "values ($1, $2, $3, $4, '', '{}', $5, $5) on conflict do nothing"};
// Locks the row, so that a first transaction in the old currency cannot slip in between the check and the change.
constexpr db::statement lock_user{
    "finance_user_lock",
    "select u.version, u.currency, u.plan_version > 0 or exists (select 1 from transactions t where t.user_id = "
    "u.user_id) from users u where u.user_id = $1 for update of u"};
constexpr db::statement change_user{
    "finance_user_change",
    "with u as (update users set timezone = coalesce($2, timezone), currency = coalesce($3, currency), "
    "locale = coalesce($4, locale), region = coalesce($5, region), "
    "settings = case when $6::boolean is null then settings else settings || jsonb_build_object('cover', $6::boolean) "
    "end, version = version + 1, budget_version = budget_version + case when coalesce($2, timezone) <> timezone "
    "  or coalesce($3, currency) <> currency or coalesce($6, coalesce((settings->>'cover')::boolean, true)) "
    "  <> coalesce((settings->>'cover')::boolean, true) then 1 else 0 end, updated_at = $7 where user_id = $1 "
    "returning user_id), "
    "i as (insert into invalidations (kind, id, created_at) select 'user', user_id, $7 from u) "
    "select pg_notify('finance_invalidations', user_id::text)::text from u"};
constexpr db::statement erase_some{"finance_user_erase_transactions",
                                   "delete from transactions where user_id = $1 and id in (select id from transactions "
                                   "where user_id = $1 limit 2000)"};
constexpr db::statement erase_sums{
    "finance_user_erase_sums",
    "delete from day_actual where user_id = $1 and (day, category) in (select day, category from day_actual where "
    "user_id = $1 limit 5000)"};
constexpr db::statement erase_user{
    "finance_user_erase",
    "with u as (delete from users where user_id = $1 returning user_id), "
    "i as (insert into invalidations (kind, id, created_at) select 'user', user_id, $2 from u) "
    "select pg_notify('finance_invalidations', user_id::text)::text from u"};

}  // namespace

awaitable<profile> profile_store::require(uuid id, deadline d) {
    for (int attempt = 0;; ++attempt) {
        const auto rows = co_await db_.query_idempotent(find_user, d, id);
        if (!rows.empty()) co_return profile_from(rows.front(), id);
        if (attempt == 3) throw db::error("02000", "", "a row of users vanished again and again");
        co_await db_.query_idempotent(make_user, d, id, default_timezone, default_currency, default_locale,
                                      wall::now());
    }
}

awaitable<change_result> profile_store::change(db::transaction& in, uuid id, std::int64_t version,
                                               const profile_change& what) {
    const auto rows = co_await in.query(lock_user, id);
    if (rows.empty() || rows.front().get<std::int64_t>(0) != version) co_return change_result::stale;
    const bool moves = what.currency && *what.currency != rows.front().get<std::string_view>(1);
    if (moves && rows.front().get<bool>(2)) co_return change_result::currency_in_use;
    co_await in.query(change_user, id, what.timezone, what.currency, what.locale, what.region, what.cover, wall::now());
    co_return change_result::done;
}

awaitable<bool> profile_store::erase(uuid id, deadline d) {
    for (bool more = true; more;) {
        if (d.remaining() < std::chrono::milliseconds(500)) co_return false;
        const auto gone = co_await db_.query_idempotent(erase_some, d, id);
        const auto sums = co_await db_.query_idempotent(erase_sums, d, id);
        more = gone.affected() > 0 || sums.affected() > 0;
    }
    co_await db_.query_idempotent(erase_user, d, id, wall::now());
    co_return true;
}

}  // namespace mita::finance
