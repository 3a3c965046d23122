#include "finance/people/profile_store.hpp"

#include "core/clock.hpp"
#include "finance/people/profile_rows.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr auto find_profile_sql = db::join("select ", profile_columns, " from users u where u.user_id = $1");
constexpr db::statement find_user{"finance_user", find_profile_sql, db::sync::shared};
constexpr db::statement make_user{
    "finance_user_make",
    "insert into users (user_id, timezone, currency, locale, region, settings, created_at, updated_at) "
    "values ($1, $2, $3, $4, '', '{}', $5, $5) on conflict do nothing"};
// Before the change and under one Sync with it: the change sees every transaction committed before the lock was had, so
// that none in the old currency slips in between. $9 switches cover: of each month from then on its latest revision
// again, with the switch; one that nobody has seen a morning of is replaced.
constexpr db::statement lock_user{"finance_user_lock", "select version from users where user_id = $1 for update"};
constexpr db::statement change_user{
    "finance_user_change",
    "with u as (update users set timezone = coalesce($2, timezone), currency = coalesce($3, currency), "
    "locale = coalesce($4, locale), region = coalesce($5, region), "
    "settings = case when $6::boolean is null then settings else settings || jsonb_build_object('cover', $6::boolean) "
    "end, version = version + 1, budget_version = budget_version + case when coalesce($2, timezone) <> timezone "
    "  or coalesce($3, currency) <> currency or coalesce($6, coalesce((settings->>'cover')::boolean, true)) "
    "  <> coalesce((settings->>'cover')::boolean, true) then 1 else 0 end, updated_at = $7 where user_id = $1 "
    "  and version = $8 and (currency = coalesce($3, currency) or not (plan_version > 0 "
    "    or exists (select 1 from transactions t where t.user_id = $1 and t.deleted_at is null) "
    "    or exists (select 1 from accounts a where a.user_id = $1 and a.on_budget "
    "      and (a.id <> $1 or a.opening <> 0)) "
    "    or exists (select 1 from checkpoints k where k.user_id = $1 and k.account_id = $1))) returning user_id), "
    "latest as (select distinct on (p.month) p.* from u join periods p on p.user_id = u.user_id "
    "  where p.next > $9::date order by p.month, p.revision desc), "
    "s as (insert into periods (user_id, month, next, revision, from_day, chain_from, plan_version, budget, "
    "    obligations, opened_at) "
    "  select user_id, month, next, revision + case when from_day >= greatest($9::date, month) then 0 else 1 end, "
    "    greatest($9::date, month, from_day), chain_from, plan_version, jsonb_set(budget, '{cover}', "
    "    to_jsonb($6::boolean)), obligations, $7 from latest where coalesce((budget->>'cover')::boolean, true) <> $6 "
    "  on conflict (user_id, month, revision) do update set budget = excluded.budget, opened_at = excluded.opened_at) "
    "select forget_person(user_id, $7) from u"};
// Locked in one order, and looked at again under the lock: two instances hear of the same people at once.
constexpr db::statement note_logins{
    "finance_user_login_changed",
    "with due as materialized (select u.user_id, t.number from unnest($1::uuid[], $2::bigint[]) as t (user_id, number) "
    "  join users u on u.user_id = t.user_id where u.login_changed_in <> t.number order by u.user_id "
    "  for no key update of u), "
    "moved as (update users u set version = u.version + 1, login_changed_in = due.number, updated_at = $3 from due "
    "  where u.user_id = due.user_id returning u.user_id) "
    "select forget_person(user_id, $3) from moved"};
// By place: a join of what is to go with the table was planned for tables of another size, and took longer than a
// statement may.
constexpr db::statement erase_some{"finance_user_erase_transactions",
                                   "delete from transactions where ctid = any (array(select ctid from transactions "
                                   "where user_id = $1 limit 1000)) and user_id = $1"};
constexpr db::statement erase_sums{
    "finance_user_erase_sums",
    "delete from day_actual where ctid = any (array(select ctid from day_actual where user_id = $1 limit 5000)) "
    "and user_id = $1"};
constexpr db::statement erase_account_sums{
    "finance_user_erase_account_sums",
    "delete from account_sums where ctid = any (array(select ctid from account_sums where user_id = $1 limit 5000)) "
    "and user_id = $1"};
constexpr db::statement erase_user{
    "finance_user_erase",
    "with u as (delete from users where user_id = $1 returning user_id) select forget_person(user_id, $2) from u"};

}  // namespace

awaitable<std::optional<profile>> profile_store::find(uuid id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_user, d, id);
    if (rows.empty()) co_return std::nullopt;
    co_return profile_from(rows.front(), id);
}

awaitable<profile> profile_store::require(uuid id, deadline d) {
    for (int attempt = 0;; ++attempt) {
        const auto rows = co_await db_.query_idempotent(find_user, d, id);
        if (!rows.empty()) co_return profile_from(rows.front(), id);
        if (attempt == 3) throw db::error("02000", "", "a row of users vanished again and again");
        co_await db_.query_idempotent(make_user, d, id, default_timezone, default_currency, default_locale,
                                      wall::now());
    }
}

awaitable<change_result> profile_store::change(uuid id, std::int64_t version, const profile_change& what,
                                               std::optional<civil_day> covers_from, deadline d) {
    std::optional<std::chrono::year_month_day> switched;
    if (covers_from) switched = std::chrono::year_month_day(*covers_from);
    db::batch both;
    both.add(lock_user, id);
    both.add(change_user, id, what.timezone, what.currency, what.locale, what.region, what.cover, wall::now(), version,
             switched);
    const auto results = co_await db_.run_batch(std::move(both), d);
    if (!results.at(1).empty()) co_return change_result::done;
    const auto& now = results.at(0);
    const bool same = !now.empty() && now.front().get<std::int64_t>(0) == version;
    co_return same ? change_result::currency_in_use : change_result::stale;
}

awaitable<void> profile_store::login_changed(const std::vector<uuid>& people, const std::vector<std::int64_t>& numbers,
                                             deadline d) {
    co_await db_.query_idempotent(note_logins, d, people, numbers, wall::now());
}

awaitable<bool> profile_store::erase(uuid id, deadline d) {
    for (bool more = true; more;) {
        if (d.remaining() < std::chrono::milliseconds(500)) co_return false;
        const auto balances = co_await db_.query_idempotent(erase_account_sums, d, id);
        const auto gone = co_await db_.query_idempotent(erase_some, d, id);
        const auto sums = co_await db_.query_idempotent(erase_sums, d, id);
        more = gone.affected() > 0 || sums.affected() > 0 || balances.affected() > 0;
    }
    co_await db_.query_idempotent(erase_user, d, id, wall::now());
    co_return true;
}

}  // namespace mita::finance
