#include "finance/goals/contribution_store.hpp"

#include "core/error.hpp"
#include "finance/goals/contribution_rows.hpp"
#include "finance/plan/month_columns.hpp"

#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// What a month put aside: what its last revision reserved, of months of the plan that are over.
constexpr auto contributions_sql = db::join(
    "with u as (select * from users where user_id = $1), "
    "m as (select p.month, g.reserved from (select distinct on (p.month) p.month, p.budget from periods p join u "
    "    on u.user_id = p.user_id where p.month < $3::date and p.month >= date_trunc('month', u.onboarded_on) "
    "    order by p.month, p.revision desc) p, "
    "  jsonb_to_recordset(p.budget->'goals') as g(id text, reserved bigint) where g.id = $2 and g.reserved > 0) "
    "select u.budget_version, m.month, m.reserved, ",
    contribution_columns,
    " from u left join (select month, reserved, null::uuid as made from m "
    "  union all select null, null, c.id from contributions c where c.user_id = $1 and c.goal_id = $2) m on true "
    "left join contributions g on g.user_id = $1 and g.id = m.made "
    "order by m.month desc, g.day desc, g.id desc");
constexpr db::statement read_contributions{"finance_contributions", contributions_sql};
constexpr int contribution_begins = 3;

// Before a write and under one Sync with it: the write sees everything committed before the lock was had.
constexpr db::statement lock_for_contribution{"finance_contribution_lock",
                                              "select 1 from users where user_id = $1 for update"};
// $1 the person, $2 to $8 the keyed answer, $9 the budget_version, $10 the first month that is planned, $11 all of
// them; $12 whether they are others now, and then $13 to $18 what they are.
constexpr char begin_write[] =
    "with ok as materialized (select user_id from users where user_id = $1 and budget_version = $9::bigint "
    "  and not exists (select 1 from periods p where p.user_id = $1 and p.month >= $10::date "
    "    and p.month <> all ($11::date[]))), "
    "k as materialized (select b.* from ok cross join lateral begin_keyed(ok.user_id, $2::text, $3::text, $4::bytea, "
    "  $5::integer, $6::text, $7::text, $8::timestamptz, 'budget', null, $9::bigint) b), "
    "u as (select writer as user_id from k where writer is not null), "
    "p as (insert into periods (user_id, month, revision, from_day, chain_from, plan_version, budget, obligations, "
    "    opened_at) "
    "  select u.user_id, x.month, x.revision, x.from_day, x.chain_from, x.plan_version, x.budget::jsonb, "
    "    x.obligations::jsonb, $8::timestamptz "
    "  from u, unnest($11::date[], $13::bigint[], $14::date[], $15::date[], $16::bigint[], $17::text[], $18::text[]) "
    "    as x(month, revision, from_day, chain_from, plan_version, budget, obligations) where $12::boolean "
    "  on conflict (user_id, month, revision) do update set from_day = excluded.from_day, "
    "    chain_from = excluded.chain_from, plan_version = excluded.plan_version, budget = excluded.budget, "
    "    obligations = excluded.obligations, opened_at = excluded.opened_at)";
constexpr auto insert_contribution_sql =
    db::join(begin_write,
             ", c as (insert into contributions (user_id, id, goal_id, day, amount, currency, note, created_at) "
             "  select user_id, $19::uuid, $20::text, $21::date, $22::bigint, $23::text, $24::text, $8::timestamptz "
             "  from u)",
             keyed_end);
constexpr db::statement insert_contribution{"finance_contribution_insert", insert_contribution_sql};
constexpr auto remove_contribution_sql =
    db::join(begin_write,
             ", c as (delete from contributions using u where contributions.user_id = u.user_id and id = $19::uuid "
             "  returning contributions.user_id) "
             "select remove_for_good(user_id, 'contribution', $19::text, $8::timestamptz) from c");
constexpr db::statement remove_contribution{"finance_contribution_remove", remove_contribution_sql};

// The parameters from $9 on that both have.
struct written_months {
    std::int64_t budget_version;
    const months_after& then;
    month_columns c;
    std::vector<std::int64_t> plan_versions;

    written_months(std::int64_t version, const months_after& then)
        : budget_version(version), then(then), c(then.planned) {
        for (const auto& p : then.planned) plan_versions.push_back(p.plan_version);
    }
    void add_to(db::params& to) const {
        to.add(budget_version);
        to.add(c.month.front());
        to.add(c.month);
        to.add(then.changed);
        to.add(c.revision);
        to.add(c.from_day);
        to.add(c.chain_from);
        to.add(plan_versions);
        to.add(c.budget);
        to.add(c.obligations);
    }
};

}  // namespace

awaitable<contribution_store::of_goal> contribution_store::read(const uuid& user, const std::string& goal,
                                                                year_month now, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_contributions, d, user, goal, now / std::chrono::day{1});
    of_goal out;
    for (const auto r : rows) {
        out.budget_version = r.get<std::int64_t>(0);
        if (!r.is_null(1)) {
            const auto month = r.get<year_month_day>(1);
            out.entries.months.push_back({month.year() / month.month(), r.get<std::int64_t>(2)});
        } else if (!r.is_null(contribution_begins)) {
            out.entries.contributions.push_back(contribution_from(r, contribution_begins));
        }
    }
    co_return out;
}

awaitable<write_outcome> contribution_store::insert(const uuid& user, const contribution& c,
                                                    std::int64_t budget_version, const months_after& then,
                                                    const keyed_answer& answer, deadline d) {
    const written_months months(budget_version, then);
    db::batch both;
    both.add(lock_for_contribution, user);
    both.add(insert_contribution, user, answer, months, c.id, c.goal_id, year_month_day(c.on), c.value, c.currency,
             c.note);
    try {
        const auto results = co_await db_.run_batch(std::move(both), d);
        const auto& rows = results.at(1);
        co_return rows.empty() ? write_outcome() : outcome_of(rows);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("contributions_key")) throw;
    }
    throw api_error(409, "already_exists", "A contribution with this id exists.");
}

awaitable<bool> contribution_store::remove(const uuid& user, const uuid& id, std::int64_t budget_version,
                                           const months_after& then, deadline d) {
    const written_months months(budget_version, then);
    const http::response none;
    const keyed_answer unkept{nullptr, none, wall::now()};
    db::batch both;
    both.add(lock_for_contribution, user);
    both.add(remove_contribution, user, unkept, months, id);
    const auto results = co_await db_.run_batch(std::move(both), d);
    co_return !results.at(1).empty();
}

}  // namespace mita::finance
