#include "finance/goals/contribution_store.hpp"

#include "core/error.hpp"
#include "finance/goals/contribution_rows.hpp"
#include "finance/plan/months_written.hpp"

#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// What a month put aside: what its last revision reserved, of months of the plan that are over.
constexpr auto contributions_sql = db::join(
    "with u as (select * from users where user_id = $1), "
    "m as (select p.month, p.next, g.reserved from (select distinct on (p.month) p.month, p.next, p.budget "
    "    from periods p join u "
    "    on u.user_id = p.user_id where p.month < $3::date and p.next > u.onboarded_on "
    "    order by p.month, p.revision desc) p, "
    "  jsonb_to_recordset(p.budget->'goals') as g(id text, reserved bigint) where g.id = $2 and g.reserved > 0) "
    "select u.budget_version, m.month, m.next, m.reserved, ",
    contribution_columns,
    " from u left join (select month, next, reserved, null::uuid as made from m "
    "  union all select null, null, null, c.id from contributions c where c.user_id = $1 and c.goal_id = $2) m on true "
    "left join contributions g on g.user_id = $1 and g.id = m.made "
    "order by m.month desc, g.day desc, g.id desc");
constexpr db::statement read_contributions{"finance_contributions", contributions_sql};
constexpr int contribution_begins = 4;

// Before a write and under one Sync with it: the write sees everything committed before the lock was had.
constexpr db::statement lock_for_contribution{"finance_contribution_lock",
                                              "select 1 from users where user_id = $1 for update"};
constexpr auto insert_contribution_sql =
    db::join(begin_with_months,
             ", c as (insert into contributions (user_id, id, goal_id, day, amount, currency, note, created_at) "
             "  select user_id, $20::uuid, $21::text, $22::date, $23::bigint, $24::text, $25::text, $8::timestamptz "
             "  from u)",
             keyed_end);
constexpr db::statement insert_contribution{"finance_contribution_insert", insert_contribution_sql};
constexpr auto remove_contribution_sql =
    db::join(begin_with_months,
             ", c as (delete from contributions using u where contributions.user_id = u.user_id and id = $20::uuid "
             "  returning contributions.user_id) "
             "select remove_for_good(user_id, 'contribution', $20::text, $8::timestamptz) from c");
constexpr db::statement remove_contribution{"finance_contribution_remove", remove_contribution_sql};

}  // namespace

awaitable<contribution_store::of_goal> contribution_store::read(const uuid& user, const std::string& goal,
                                                                civil_day now, deadline d) {
    const auto rows = co_await db_.query_idempotent(read_contributions, d, user, goal, year_month_day(now));
    of_goal out;
    for (const auto r : rows) {
        out.budget_version = r.get<std::int64_t>(0);
        if (!r.is_null(1)) {
            const period over{civil_day(r.get<year_month_day>(1)), civil_day(r.get<year_month_day>(2))};
            out.entries.months.push_back({over, r.get<std::int64_t>(3)});
        } else if (!r.is_null(contribution_begins)) {
            out.entries.contributions.push_back(contribution_from(r, contribution_begins));
        }
    }
    co_return out;
}

awaitable<write_outcome> contribution_store::insert(const uuid& user, const contribution& c,
                                                    std::int64_t budget_version, const months_after& then,
                                                    const keyed_answer& answer, deadline d) {
    const months_written months(budget_version, then);
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
    const months_written months(budget_version, then);
    const http::response none;
    const keyed_answer unkept{nullptr, none, wall::now()};
    db::batch both;
    both.add(lock_for_contribution, user);
    both.add(remove_contribution, user, unkept, months, id);
    const auto results = co_await db_.run_batch(std::move(both), d);
    co_return !results.at(1).empty();
}

}  // namespace mita::finance
