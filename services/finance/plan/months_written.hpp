// The months that a fact beside the plan inputs makes plan anew, within the statement that writes the fact. Used by the
// stores of contributions and of moves between budgets. SQL for their statements and its parameters.
#pragma once

#include "db/params.hpp"
#include "finance/plan/month_columns.hpp"
#include "finance/plan/stored_period.hpp"

#include <cstdint>
#include <vector>

namespace mita::finance {

// The months that are planned by now (all from today's on), and whether they are others than before.
struct months_after {
    civil_day today;
    std::vector<stored_period> planned;
    bool changed = false;
};

// $1 the person, $2 to $8 the keyed answer, $9 the budget_version, $10 the first month that is planned, $11 all of
// them; $12 whether they are others now, and then $13 to $19 what they are. What follows reads `u`, which has a row
// when the write may happen.
inline constexpr char begin_with_months[] =
    "with ok as materialized (select user_id from users where user_id = $1 and budget_version = $9::bigint "
    "  and not exists (select 1 from periods p where p.user_id = $1 and p.month >= $10::date "
    "    and p.month <> all ($11::date[]))), "
    "k as materialized (select b.* from ok cross join lateral begin_keyed(ok.user_id, $2::text, $3::text, $4::bytea, "
    "  $5::integer, $6::text, $7::text, $8::timestamptz, 'budget', null, $9::bigint) b), "
    "u as (select writer as user_id from k where writer is not null), "
    "p as (insert into periods (user_id, month, next, revision, from_day, chain_from, plan_version, budget, "
    "    obligations, opened_at) "
    "  select u.user_id, x.month, x.next, x.revision, x.from_day, x.chain_from, x.plan_version, x.budget::jsonb, "
    "    x.obligations::jsonb, $8::timestamptz "
    "  from u, unnest($11::date[], $19::date[], $13::bigint[], $14::date[], $15::date[], $16::bigint[], $17::text[], "
    "    $18::text[]) as x(month, next, revision, from_day, chain_from, plan_version, budget, obligations) "
    "  where $12::boolean "
    "  on conflict (user_id, month, revision) do update set from_day = excluded.from_day, "
    "    chain_from = excluded.chain_from, plan_version = excluded.plan_version, budget = excluded.budget, "
    "    obligations = excluded.obligations, opened_at = excluded.opened_at)";

// The parameters $9 to $19.
struct months_written {
    std::int64_t budget_version;
    const months_after& then;
    month_columns c;
    std::vector<std::int64_t> plan_versions;

    months_written(std::int64_t version, const months_after& after)
        : budget_version(version), then(after), c(after.planned) {
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
        to.add(c.next);
    }
};

}  // namespace mita::finance
