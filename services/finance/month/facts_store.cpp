#include "finance/month/facts_store.hpp"

#include "finance/accounts/account_rows.hpp"
#include "finance/budgets/budget_move_rows.hpp"
#include "finance/categories/category_rows.hpp"
#include "finance/domain/entry_match.hpp"
#include "finance/goals/goal_sums.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/people/profile_rows.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// Of the periods on the days $2..$3: the first day of the run of rolling-over ones that leads to them, and the day
// after the last one. None is as long as 62 days, so that an index finds them. Then the calendar months that have
// occurrences of those looked at, and reach_months on either side.
constexpr char looked_at[] =
    "with span as (select least(min(chain_from), min(month), $2::date) as first, greatest(max(next), $3::date + 1) "
    "    as next from periods "
    "  where user_id = $1 and month between $2::date - 62 and $3::date and next > $2::date), "
    "newest as (select max(month) as month from periods where user_id = $1), "
    "near as (select (date_trunc('month', first) - make_interval(months => $4))::date as first, "
    "  (date_trunc('month', next - 1) + make_interval(months => $4 + 1))::date - 1 as last from span)";
// The person, their categories and plan inputs (with the last opened period's row), and the periods looked at and the
// last opened one; of reach_months on either side what they expect.
constexpr auto plan_sql =
    db::join(looked_at,
             " select p.month, p.next, p.revision, p.from_day, p.chain_from, p.plan_version, "
             "case when (p.month >= (select first from span) and p.month < (select next from span)) "
             "  or p.month = (select month from newest) then p.budget end, p.obligations, p.budget->'incomes', "
             "(select jsonb_agg(jsonb_build_array(",
             category_columns, ")", category_order,
             ") from categories c where c.user_id = u.user_id), (select jsonb_agg(jsonb_build_array(", account_columns,
             ")", account_order,
             ") from accounts a where a.user_id = u.user_id), "
             "case when p.month is null or p.month = (select month from newest) then (select a.answers "
             "  from onboarding_answers a where a.user_id = u.user_id and a.version = u.plan_version) end, ",
             goal_sum_columns, ", ", planned_move_columns, ", ", profile_columns,
             " from users u left join periods p on p.user_id = u.user_id "
             "and ((p.month >= (select first from span) and p.month < (select next from span)) "
             "  or p.month = (select month from newest) "
             "  or (p.month between (select first - 62 from near) and (select last from near) "
             "    and p.next > (select first from near) and not exists (select 1 "
             "    from periods n where n.user_id = p.user_id and n.month = p.month and n.revision > p.revision))) "
             "where u.user_id = $1 order by p.month, p.revision");
constexpr db::statement plan_state{"finance_plan_state", plan_sql};
constexpr int month_at = 0, next_at = 1, budget_at = 6, obligations_at = 7, incomes_at = 8;
constexpr int own_categories = 9, all_accounts = 10, inputs = 11, contributed = 12, moves = 13, profile_begins = 14;

// Never today's: zones are at most a day off.
constexpr std::chrono::days long_past{2};
constexpr auto cash_rows = db::join(
    "select 4, x.day, null, case when abs(x.total) <= 9007199254740991 then x.total::bigint end, null, null, null, 0 "
    "from (select $8::date as day, sum(a.opening "
    "    + coalesce((select sum(s.amount) from account_sums s where s.user_id = a.user_id and s.account_id = a.id "
    "        and s.span = 'month' and s.begins < date_trunc('month', $8::date)::date), 0) "
    "    + coalesce((select sum(s.amount) from account_sums s where s.user_id = a.user_id and s.account_id = a.id "
    "        and s.span = 'day' and s.begins between date_trunc('month', $8::date)::date and $8::date), 0)) as total "
    "  from users u join accounts a on a.user_id = u.user_id where u.user_id = $1 and ",
    account_is_cash,
    "  union all select s.begins, sum(s.amount) from users u join accounts a on a.user_id = u.user_id "
    "  join account_sums s on s.user_id = a.user_id and s.account_id = a.id and s.span = 'day' and s.begins > $8::date "
    "    and s.begins < (select next from span) where u.user_id = $1 and ",
    account_is_cash, " group by 1) x");

// Of an occurrence d and a transaction x: only a transfer between the accounts of a planned one meets it by itself.
constexpr char goes_that_way[] =
    "(d.from_account is null or exists (select 1 from transfers r where r.user_id = $1 and r.id = x.transfer_id "
    "and r.from_account = d.from_account and r.to_account = d.to_account offset 0))";

// kind 0: per-day sums; 1: lines that may pay a bill or be an income expected; 2: transactions, newest first; 3: what
// entries of the months looked at are linked to beyond what those months see (far): its category, 1 for an income.
// latest: what the months looked at, their carry chain and $4 months on either side expect (entry_match.hpp: what pays
// what is a function of the whole history, and no month looks further), and the newest with its next two weeks.
// reach: day weights from history look back three months further.
// kind 4: what accounts of cash held at the end of day $8 and what each day since moved; null beyond the range.
// candidates: for each bill and day one range of amounts in one index, so that the cost does not grow with the ledger;
// the 16 nearest that may pay by themselves decide as all would (nearest amount, then date), unless more bills than
// that compete for them; of parts the first 100. "offset 0" keeps the planner from turning the probes into a scan.
constexpr auto ledger_sql = db::join(
    looked_at,
    ", latest as (select distinct on (p.month) p.month, p.next, p.obligations, p.budget->'incomes' as incomes, "
    "  p.budget->'incomes_ahead' as ahead from periods p "
    "  where p.user_id = $1 and ((p.month between (select first - 62 from near) and (select last from near) "
    "    and p.next > (select first from near)) or p.month = (select month from newest)) "
    "  order by p.month, p.revision desc), "
    "due as (select distinct o.id, o.category, o.day, o.amount, coalesce(o.parts, false) as parts, "
    "  least(o.low, o.amount * 4 / 5 - 1) as low, o.from_account, o.to_account from latest p, "
    "  jsonb_to_recordset(p.obligations) as o(id text, category text, day date, amount bigint, parts boolean, "
    "    low bigint, from_account uuid, to_account uuid) "
    "  where o.day >= p.month and (o.day < p.next or p.month = (select month from newest))), "
    "expected as (select distinct o.id, o.category, o.day from latest p, "
    "  jsonb_to_recordset(p.incomes) as o(id text, category text, day date) "
    "  union select o.id, o.category, (o.day + interval '1 month')::date from latest p, "
    "  jsonb_to_recordset(p.incomes) as o(id text, category text, day date) "
    "  where p.month = (select month from newest) "
    "  union select o.id, o.category, o.day from latest p, "
    "  jsonb_to_recordset(p.ahead) as o(id text, category text, day date) where p.month = (select month from newest)), "
    "reach as (select case when exists (select 1 from periods p where p.user_id = $1 "
    "    and p.budget @> '{\"categories\": [{\"weights\": {\"kind\": \"history\"}}]}' "
    "    and (p.month between (select first from span) and (select next - 1 from span) "
    "      or p.month = (select max(m.month) from periods m where m.user_id = $1))) "
    "  then (first - interval '3 months')::date else first end as first from span), "
    "far as (select t.id, t.bill_id, m.month from transactions t cross join lateral ("
    "    select (substring(t.bill_id from '(\\d{4}-\\d{2})-\\d{2}$') || '-01')::date as month) m "
    "  where t.user_id = $1 and t.bill_id is not null and t.deleted_at is null "
    "  and t.booked_on >= (select first from span) and t.booked_on < (select next from span) "
    "  and m.month not between (select first from near) and (select last from near)), "
    "candidates as ("
    "  select c.transaction_id, c.n, c.category, c.booked_on, c.amount from due d cross join lateral ("
    "    select l.transaction_id, l.n, l.category, l.booked_on, l.amount "
    "    from generate_series(0, 14) as k cross join lateral ("
    "      select x.transaction_id, x.n, x.category, x.booked_on, x.amount from transaction_lines x "
    "      where x.user_id = $1 and x.category = d.category and x.booked_on = d.day - 7 + k and x.amount < 0 and "
    "x.counts "
    "      and x.amount between -(d.amount * 6 / 5 + 1) and -d.low offset 0) l "
    "    cross join lateral (select 1 from transactions x where x.user_id = $1 and x.id = l.transaction_id "
    "      and x.deleted_at is null and x.bill_id is null and not x.bill_unlinked and ",
    goes_that_way,
    " offset 0) t "
    "    order by abs(l.amount + d.amount), abs(l.booked_on - d.day), l.booked_on, l.amount desc, l.transaction_id, "
    "      l.n limit 16) c "
    "  union select c.transaction_id, c.n, c.category, c.booked_on, c.amount from due d cross join lateral ("
    "    select l.transaction_id, l.n, l.category, l.booked_on, l.amount from transaction_lines l "
    "    cross join lateral (select 1 from transactions x where x.user_id = $1 and x.id = l.transaction_id "
    "      and x.deleted_at is null and x.bill_id is null and not x.bill_unlinked and ",
    goes_that_way,
    " offset 0) t "
    "    where l.user_id = $1 and l.category = d.category and l.booked_on between d.day - 7 and d.day + 7 "
    "    and l.counts and l.amount < 0 and l.amount >= -(d.amount * 6 / 5 + 1) "
    "    order by l.booked_on, l.amount desc, l.transaction_id, l.n limit 100) c where d.parts "
    "  union select c.transaction_id, c.n, c.category, c.booked_on, c.amount from due d cross join lateral ("
    "    select l.transaction_id, l.n, l.category, l.booked_on, l.amount from transactions t "
    "    join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
    "    where t.user_id = $1 and t.bill_id between left(d.id, -3) || '-00' and left(d.id, -3) || '-99' "
    "    and t.bill_id is not null offset 0) c "
    "  union select c.id, 1, null, c.booked_on, c.amount from due d cross join lateral ("
    "    select t.id, t.booked_on, t.amount from (select x.from_id from transfers x where x.user_id = $1 "
    "      and x.from_account = d.from_account and x.to_account = d.to_account and x.deleted_at is null "
    "      and x.booked_on between d.day - 7 and d.day + 7 offset 0) x "
    "    cross join lateral (select t.id, t.booked_on, t.amount from transactions t where t.user_id = $1 "
    "      and t.id = x.from_id and t.bill_id is null and not t.bill_unlinked offset 0) t "
    "    order by abs(t.amount + d.amount), abs(t.booked_on - d.day), t.booked_on, t.amount desc, t.id limit 16) c "
    "  where d.category = '' "
    "  union select c.transaction_id, c.n, c.category, c.booked_on, c.amount from expected d cross join lateral ("
    "    select x.transaction_id, x.n, x.category, x.booked_on, x.amount from transaction_lines x "
    "    cross join lateral (select 1 from transactions t where t.user_id = $1 and t.id = x.transaction_id "
    "      and t.deleted_at is null and t.bill_id is null and not t.bill_unlinked offset 0) t "
    "    where x.user_id = $1 and x.category = d.category and x.booked_on between d.day - 7 and d.day + 7 "
    "    and x.counts and x.amount > 0 order by x.booked_on, x.amount, x.transaction_id, x.n limit 100) c "
    "  union select c.transaction_id, c.n, c.category, c.booked_on, c.amount from expected d cross join lateral ("
    "    select l.transaction_id, l.n, l.category, l.booked_on, l.amount from transactions t "
    "    join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
    "    where t.user_id = $1 and t.bill_id between left(d.id, -3) || '-00' and left(d.id, -3) || '-99' "
    "    and t.bill_id is not null offset 0) c "
    "  union select l.transaction_id, l.n, l.category, l.booked_on, l.amount from far f join transaction_lines l "
    "    on l.user_id = $1 and l.transaction_id = f.id) "
    "select 0, a.day, a.category::text, a.spent::bigint, null::uuid, null::text, null::jsonb, a.received "
    "  from day_actual a where a.user_id = $1 and (a.spent <> 0 or a.received <> 0) "
    "  and a.day >= (select first from reach) and a.day < (select next from span) "
    "union all "
    "select 1, c.booked_on, coalesce(c.category::text, ''), -c.amount::bigint, c.transaction_id, t.bill_id, "
    "  jsonb_build_array(c.n, r.from_account, r.to_account), 0 from candidates c cross join lateral ("
    "    select x.bill_id, x.transfer_id from transactions x where x.user_id = $1 and x.id = c.transaction_id "
    "    and x.deleted_at is null and not x.bill_unlinked offset 0) t "
    "  left join lateral (select x.from_account, x.to_account from transfers x where x.user_id = $1 "
    "    and x.id = t.transfer_id offset 0) r on true "
    "union all "
    "select 3, x.day, x.category, x.income, null, f.bill_id, null, 0 from (select distinct bill_id, month from far) f "
    "  cross join lateral (select o.category, o.income, o.day from (select distinct on (p.month) p.* from periods p "
    "      where p.user_id = $1 and p.month between f.month - 62 and f.month + interval '1 month' - interval '1 day' "
    "        and p.next > f.month "
    "      order by p.month, p.revision desc) p cross join lateral ("
    "    select o.id, o.category, o.day, 0::bigint as income "
    "      from jsonb_to_recordset(p.obligations) as o(id text, category text, day date) union all "
    "    select o.id, o.category, o.day, 1 "
    "      from jsonb_to_recordset(p.budget->'incomes') as o(id text, category text, day date)) o "
    "    where left(o.id, -3) = left(f.bill_id, -3) order by o.day between p.month and p.next - 1 desc limit 1) x "
    "union all "
    "select 2, x.booked_on, null, 0, x.id, null, x.columns, 0 from (select t.booked_on, t.id, jsonb_build_array(",
    transaction_columns,
    ") as columns from (select * from transactions where user_id = $1 and deleted_at is null "
    "    and booked_on between $5::date and $6::date order by booked_on desc, id desc limit $7::bigint) t "
    "  cross join lateral ",
    lines_of_each, " order by t.booked_on desc, t.id desc, l.n) x union all ", cash_rows);
constexpr db::statement ledger_state{"finance_ledger_state", ledger_sql};

period days_of(const db::row& r) {
    return {civil_day(r.get<year_month_day>(month_at)), civil_day(r.get<year_month_day>(next_at))};
}

period_ptr period_from(const db::row& r) {
    auto p = std::make_shared<stored_period>();
    p->budget.over = days_of(r);
    p->revision = r.get<std::int32_t>(2);
    p->from_day = civil_day(r.get<year_month_day>(3));
    p->chain_from = civil_day(r.get<year_month_day>(4));
    p->plan_version = r.get<std::int64_t>(5);
    read_budget(*p, r.get<std::string_view>(budget_at), r.get<std::string_view>(obligations_at));
    return p;
}

// Of each month what its latest revision says: they come in order.
void expect(month_facts& f, const db::row& r) {
    month_expects m;
    m.over = days_of(r);
    for (auto& o : read_obligations(r.get<std::string_view>(obligations_at)))
        if (m.over.contains(o.day)) m.bills.push_back(std::move(o));
    if (!r.is_null(incomes_at)) m.incomes = read_incomes(r.get<std::string_view>(incomes_at));
    if (!f.expects.empty() && f.expects.back().over == m.over) f.expects.pop_back();
    f.expects.push_back(std::move(m));
}

void read_plan(month_facts& f, const db::rows& rows, uuid user) {
    const auto head = rows.front();
    f.who = profile_from(head, user, profile_begins);
    if (!head.is_null(own_categories)) f.book = book_from(head.get<std::string_view>(own_categories));
    f.accounts = accounts_from(head.get<std::string_view>(all_accounts));
    if (!head.is_null(contributed)) f.contributed = goal_sums_from(head.get<std::string_view>(contributed));
    if (!head.is_null(moves)) f.moved = planned_moves_from(head.get<std::string_view>(moves));
    for (const auto r : rows) {
        if (!r.is_null(inputs) && f.inputs_text.empty()) f.inputs_text = r.get<std::string>(inputs);
        if (r.is_null(month_at)) continue;
        if (!r.is_null(budget_at)) f.periods.push_back(period_from(r));
        expect(f, r);
    }
    f.expect_months_to_come();
}

void read_ledger(month_facts& f, const db::rows& rows) {
    for (const auto r : rows) {
        const auto kind = r.get<std::int32_t>(0);
        const civil_day day{r.get<year_month_day>(1)};
        if (kind == 0) {
            f.actuals.push_back({day, r.get<std::string>(2), r.get<std::int64_t>(3), r.get<std::int64_t>(7)});
        } else if (kind == 1) {
            payment p;
            p.transaction_id = r.get<uuid>(4);
            const auto place = boost::json::parse(r.get<std::string_view>(6));
            json_columns in(place.as_array());
            p.n = static_cast<int>(in.next<std::int64_t>());
            const auto from = in.next<std::optional<uuid>>(), to = in.next<std::optional<uuid>>();
            if (from && to) p.between = route{*from, *to};
            p.category = r.get<std::string>(2);
            p.booked_on = day;
            p.value = r.get<std::int64_t>(3);
            p.bill_id = r.get<std::optional<std::string>>(5).value_or("");
            f.payments.push_back(std::move(p));
        } else if (kind == 3) {
            f.know_linked(r.get<std::string>(5), {r.get<std::string>(2), r.get<std::int64_t>(3) == 1, day});
        } else if (kind == 4) {
            f.cash.add(day, r.get<std::optional<std::int64_t>>(3));
        } else {
            append_row(f.transactions, r.get<std::string_view>(6));
        }
    }
}

}  // namespace

awaitable<std::optional<month_facts>> facts_store::read(uuid user, facts_wanted what, deadline d) {
    const year_month_day first(what.first), last(what.last);
    const year_month_day from(what.only_day.value_or(civil_day(std::chrono::year{1} / 1 / 1)));
    const year_month_day to(what.only_day.value_or(civil_day(std::chrono::year{9999} / 12 / 1)));
    const year_month_day settled{std::chrono::floor<std::chrono::days>(wall::now()) - long_past};
    db::batch both;
    both.add(plan_state, user, first, last, std::int32_t{reach_months});
    both.add(ledger_state, user, first, last, std::int32_t{reach_months}, from, to, what.transactions, settled);
    const auto results = co_await db_.run_batch(std::move(both), d);
    if (results.at(0).empty()) co_return std::nullopt;
    month_facts f;
    read_plan(f, results[0], user);
    read_ledger(f, results[1]);
    co_return f;
}

}  // namespace mita::finance
