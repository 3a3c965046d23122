#include "finance/accounts/account_store.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/accounts/account_rows.hpp"

#include <chrono>
#include <utility>

namespace mita::finance {

namespace {

constexpr auto read_accounts_sql =
    db::join("select u.budget_version, u.currency, ", account_columns,
             " from users u left join accounts a on a.user_id = u.user_id where u.user_id = $1", account_order);
constexpr db::statement read_accounts{"finance_accounts", read_accounts_sql, db::sync::shared};
constexpr auto insert_account_sql = db::join(
    keyed_budget,
    ", a as (insert into accounts (user_id, id, name, kind, currency, opening, on_budget, position, created_at, "
    "    updated_at) "
    "  select user_id, $11::uuid, $12::text, $13::text, $14::text, $15::bigint, $16::boolean, $17::integer, "
    "    $8::timestamptz, $8::timestamptz from u)",
    keyed_end);
constexpr db::statement insert_account{"finance_account_insert", insert_account_sql};
// Before a change and under one Sync with it: the change sees everything committed before the lock was had.
constexpr db::statement lock_person{"finance_account_lock", "select 1 from users where user_id = $1 for update"};
// $2: the budget_version the accounts were read with. Of $3: is or was something booked in it?
constexpr char used[] =
    "used as materialized (select $3::uuid = $1::uuid or exists (select 1 from transactions where user_id = $1 "
    "  and account_id = $3) or exists (select 1 from checkpoints where user_id = $1 and account_id = $3)";
// Or is a transfer planned from or to it?
constexpr char or_planned[] =
    " or exists (select 1 from users u join onboarding_answers o on o.user_id = u.user_id "
    "  and o.version = u.plan_version where u.user_id = $1 and ("
    "  o.answers->'transfers' @> jsonb_build_array(jsonb_build_object('from_account_id', $3::uuid)) "
    "  or o.answers->'transfers' @> jsonb_build_array(jsonb_build_object('to_account_id', $3::uuid))))";
// Or is a goal kept in it?
constexpr char or_kept_in[] =
    " or exists (select 1 from users u join onboarding_answers o on o.user_id = u.user_id "
    "  and o.version = u.plan_version where u.user_id = $1 "
    "  and o.answers->'goals' @> jsonb_build_array(jsonb_build_object('account_id', $3::uuid)))";
constexpr char what_came[] = " select (select count(user_id) > 0 from moved), it from used";
constexpr auto change_sql = db::join(
    "with ", used, or_planned,
    " as it), ok as (select u.user_id from users u, used where u.user_id = $1 and u.budget_version = $2 "
    "  and not ($4::boolean and used.it)), "
    "a as (update accounts set name = $5::text, kind = $6::text, currency = $7::text, opening = $8::bigint, "
    "    on_budget = $9::boolean, archived = $10::boolean, position = $11::integer, version = version + 1, "
    "    updated_at = $12::timestamptz from ok where accounts.user_id = ok.user_id and id = $3 returning ok.user_id), "
    "moved as materialized (select move_budget(user_id, null, $12::timestamptz) as user_id from a)",
    what_came);
constexpr db::statement change_account{"finance_account_change", change_sql};
constexpr auto remove_sql =
    db::join("with ", used, or_planned, or_kept_in,
             " as it), ok as (select u.user_id from users u, used where u.user_id = $1 and u.budget_version = $2 "
             "  and not used.it), "
             "a as (delete from accounts using ok where accounts.user_id = ok.user_id and id = $3 "
             "  returning ok.user_id), "
             "moved as materialized (select user_id, remove_for_good(user_id, 'account', $3::text, $4::timestamptz) "
             "  from (select move_budget(user_id, null, $4::timestamptz) as user_id from a offset 0) m)",
             what_came);
constexpr db::statement remove_account{"finance_account_remove", remove_sql};
// Months before the day's, and the days of its own: what was booked costs nothing.
constexpr auto balances_sql = db::join(
    "select a.id, a.currency, case when abs(x.total) <= 9007199254740991 then x.total::bigint end from accounts a "
    "cross join lateral (select a.opening "
    "  + coalesce((select sum(s.amount) from account_sums s where s.user_id = a.user_id and s.account_id = a.id "
    "      and s.span = 'month' and s.begins < date_trunc('month', $2::date)::date), 0) "
    "  + coalesce((select sum(s.amount) from account_sums s where s.user_id = a.user_id and s.account_id = a.id "
    "      and s.span = 'day' and s.begins between date_trunc('month', $2::date)::date and $2::date), 0) as total) x "
    "where a.user_id = $1",
    account_order);
constexpr db::statement read_balances{"finance_balances", balances_sql};

account_change came_of(const db::rows& rows, bool unless_used) {
    const auto r = rows.front();
    if (r.get<bool>(0)) return account_change::done;
    return unless_used && r.get<bool>(1) ? account_change::in_use : account_change::moved;
}

}  // namespace

awaitable<std::optional<account_store::versioned>> account_store::read(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_accounts, d, user);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    co_return versioned{accounts_from(rows, 2), r.get<std::string>(1), r.get<std::int64_t>(0)};
}

awaitable<write_outcome> account_store::insert(const uuid& user, const account& a, const state_before& from,
                                               const keyed_answer& answer, deadline d) {
    try {
        const auto rows = co_await db_.query(insert_account, d, user, answer, from, a.id, a.name, name(a.kind),
                                             a.currency, a.opening, a.on_budget, std::int32_t{a.position});
        co_return outcome_of(rows);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("accounts_key")) throw;
    }
    co_return write_outcome();  // made by another instance meanwhile: read again
}

awaitable<account_change> account_store::change(const uuid& user, const account& a, std::int64_t budget_version,
                                                bool unless_used, deadline d) {
    db::batch both;
    both.add(lock_person, user);
    both.add(change_account, user, budget_version, a.id, unless_used, a.name, name(a.kind), a.currency, a.opening,
             a.on_budget, a.archived, std::int32_t{a.position}, a.updated_at);
    const auto results = co_await db_.run_batch(std::move(both), d);
    co_return came_of(results.at(1), unless_used);
}

awaitable<account_change> account_store::remove(const uuid& user, const uuid& id, std::int64_t budget_version,
                                                deadline d) {
    db::batch both;
    both.add(lock_person, user);
    both.add(remove_account, user, budget_version, id, wall::now());
    const auto results = co_await db_.run_batch(std::move(both), d);
    co_return came_of(results.at(1), true);
}

awaitable<std::vector<account_balance>> account_store::balances(const uuid& user, civil_day on, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_balances, d, user, std::chrono::year_month_day(on));
    std::vector<account_balance> out;
    for (const auto r : rows)
        out.push_back({r.get<uuid>(0), r.get<std::string>(1), r.get<std::optional<std::int64_t>>(2)});
    co_return out;
}

}  // namespace mita::finance
