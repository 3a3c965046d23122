#include "finance/plan/plan_store.hpp"

#include "core/clock.hpp"
#include "finance/plan/month_columns.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

constexpr db::statement open_months{
    "finance_open_months",
    "with u as (select user_id from users where user_id = $1 and budget_version = $2 for share) "
    "insert into periods (user_id, month, next, revision, from_day, chain_from, plan_version, budget, obligations, "
    "opened_at) "
    "select u.user_id, x.month, x.next, 1, x.from_day, x.chain_from, $3, x.budget::jsonb, x.obligations::jsonb, $4 "
    "from u, unnest($5::date[], $6::date[], $7::date[], $8::date[], $9::text[], $10::text[]) "
    "as x(month, next, from_day, chain_from, budget, obligations) on conflict do nothing"};
// First statement of a replanning: later ones see everything committed before the lock was had.
constexpr db::statement lock_for_replan{"finance_replan_lock", "select 1 from users where user_id = $1 for update"};
// lost: links to what the months do not expect any more ($15: what they do), also of deleted transactions. From $16 on
// the keyed answer. `ok` has a row while nothing has moved, `u` when the key, if there is one, is new as well.
constexpr db::statement replan_months{
    "finance_replan",
    "with lost as materialized (select t.id from transactions t where t.user_id = $1 and t.bill_id is not null "
    "    and substring(t.bill_id from '\\d{4}-\\d{2}-\\d{2}$')::date >= $7::date "
    "    and left(t.bill_id, -3) <> all ($15::text[]) "
    "    and not exists (select 1 from periods p cross join lateral jsonb_to_recordset(p.obligations) as o(id text, "
    "        day date) where p.user_id = $1 and p.month < $7::date and p.next > date_trunc('month', $7::date)::date "
    "        and o.day < $7::date and left(o.id, -3) = left(t.bill_id, -3))), "
    "ok as materialized (select user_id from users "
    "  where user_id = $1 and budget_version = $2 and not exists (select 1 from periods p where p.user_id = $1 "
    "    and p.month >= $7::date and p.month <> all ($9::date[])) "
    "  and (currency = $4 or not (exists (select 1 from transactions t where t.user_id = $1 and t.deleted_at is null) "
    "    or exists (select 1 from accounts a where a.user_id = $1 and a.on_budget and (a.id <> $1 or a.opening <> "
    "0)) or exists (select 1 from checkpoints k where k.user_id = $1 and k.account_id = $1)))), "
    "k as materialized (select b.* from ok cross join lateral begin_keyed(ok.user_id, $16::text, $17::text, "
    "  $18::bytea, $19::integer, $20::text, $21::text, $22::timestamptz, 'nothing', null, null) b), "
    "u as (update users set timezone = $3, currency = $4, onboarded_on = coalesce(onboarded_on, $5), "
    "  ledger_version = ledger_version + case when exists (select 1 from lost) then 1 else 0 end, "
    "  planned_from = least(planned_from, $5), "
    "  plan_version = plan_version + 1, budget_version = budget_version + 1, version = version + 1, updated_at = $6 "
    "  from k where user_id = k.writer returning user_id, plan_version), "
    "a as (insert into onboarding_answers (user_id, version, answers, valid_from, created_at) "
    "  select user_id, plan_version, $8::jsonb, $5, $6 from u), "
    "p as (insert into periods (user_id, month, next, revision, from_day, chain_from, plan_version, budget, "
    "    obligations, opened_at) "
    "  select u.user_id, x.month, x.next, x.revision, x.from_day, x.chain_from, u.plan_version, x.budget::jsonb, "
    "    x.obligations::jsonb, $6 "
    "  from u, unnest($9::date[], $25::date[], $10::bigint[], $11::date[], $12::date[], $13::text[], $14::text[]) "
    "    as x(month, next, revision, from_day, chain_from, budget, obligations) "
    "  on conflict (user_id, month, revision) do update set from_day = excluded.from_day, "
    "    chain_from = excluded.chain_from, plan_version = excluded.plan_version, budget = excluded.budget, "
    "    obligations = excluded.obligations, opened_at = excluded.opened_at), "
    "t as (update transactions t set bill_id = null, version = t.version + 1, updated_at = $6, writing_by = $23::uuid, "
    "    writing_with = $24::text from u, lost "
    "  where t.user_id = u.user_id and t.id = lost.id), "
    "told as materialized (select forget_person(u.user_id, $6) as user_id from u) "
    "select writer is not null, kept_print, kept_code, kept_head, kept_answer, (select count(user_id) from told) "
    "from k"};
// The months the person had a plan for from their first day on keep everything but that day.
constexpr db::statement begin_earlier_months{
    "finance_begin_earlier",
    "with u as (update users set planned_from = $3, budget_version = budget_version + 1, updated_at = $4 "
    "  where user_id = $1 and budget_version = $2 and planned_from > $3 returning user_id, plan_version), "
    "b as (update periods p set budget = jsonb_set(p.budget, '{joined}', to_jsonb($6::bigint)) from u "
    "  where p.user_id = u.user_id and p.month = $5) "
    "insert into periods (user_id, month, next, revision, from_day, chain_from, plan_version, budget, obligations, "
    "opened_at) "
    "select u.user_id, x.month, x.next, 1, x.from_day, x.chain_from, u.plan_version, x.budget::jsonb, "
    "  x.obligations::jsonb, $4 "
    "from u, unnest($7::date[], $8::date[], $9::date[], $10::date[], $11::text[], $12::text[]) "
    "as x(month, next, from_day, chain_from, budget, obligations) on conflict do nothing"};
constexpr db::statement any_transaction{
    "finance_any_transaction",
    "select exists (select 1 from transactions where user_id = $1 and deleted_at is null) "
    "or exists (select 1 from accounts where user_id = $1 and on_budget and (id <> $1 or opening <> 0)) "
    "or exists (select 1 from checkpoints where user_id = $1 and account_id = $1)"};

}  // namespace

awaitable<void> plan_store::open(const profile& who, const std::vector<stored_period>& months, deadline d) {
    const month_columns c(months);
    co_await db_.query_idempotent(open_months, d, who.id, who.budget_version, who.plan_version, wall::now(), c.month,
                                  c.next, c.from_day, c.chain_from, c.budget, c.obligations);
}

awaitable<void> plan_store::begin_earlier(const profile& who, const std::vector<stored_period>& months, period known,
                                          civil_day first, deadline d) {
    const month_columns c(months);
    const std::int64_t joined = std::max(0, known.offset(first));
    co_await db_.query_idempotent(begin_earlier_months, d, who.id, who.budget_version, year_month_day(first),
                                  wall::now(), year_month_day(known.start), joined, c.month, c.next, c.from_day,
                                  c.chain_from, c.budget, c.obligations);
}

awaitable<write_outcome> plan_store::replan(const profile& who, const plan_inputs& a,
                                            const std::vector<stored_period>& months, civil_day today,
                                            const keyed_answer& answer, writer by, deadline d) {
    const month_columns c(months);
    const year_month_day local(today);
    db::batch both;
    both.add(lock_for_replan, who.id);
    both.add(replan_months, who.id, who.budget_version, a.timezone, a.currency, local, wall::now(), c.month.front(),
             to_json(a), c.month, c.revision, c.from_day, c.chain_from, c.budget, c.obligations, c.expected, answer, by,
             c.next);
    const auto results = co_await db_.run_batch(std::move(both), d);
    const auto& rows = results.at(1);
    co_return rows.empty() ? write_outcome() : outcome_of(rows);
}

awaitable<bool> plan_store::has_money(uuid user, deadline d) {
    const auto rows = co_await db_.query_idempotent(any_transaction, d, user);
    co_return rows.front().get<bool>(0);
}

}  // namespace mita::finance
