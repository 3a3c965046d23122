#include "finance/audit/audit_store.hpp"

#include "db/statement.hpp"

namespace mita::finance {

namespace {

constexpr db::statement count_people{"finance_audit_people", "select count(*) from users"};
constexpr db::statement next_people{"finance_audit_next",
                                    "select user_id from users where user_id > $1 order by user_id limit $2::integer"};
// Lines of live transactions, summed as day_actual has them.
constexpr char sums_of[] =
    "with lines as (select t.user_id, l.booked_on as day, l.category::text as category, -sum(l.amount)::numeric as "
    "spent, "
    "  sum(greatest(l.amount, 0))::numeric as received from transactions t join transaction_lines l "
    "  on l.user_id = t.user_id and l.transaction_id = t.id where t.user_id = any($1::uuid[]) and t.deleted_at is null "
    "  and l.counts group by 1, 2, 3) ";
constexpr auto sums_sql = db::join(
    sums_of,
    "select user_id, format('day=%s category=%s: stored %s spent, %s received, recomputed %s and %s', day, category, "
    "  coalesce(a.spent, 0), coalesce(a.received, 0), coalesce(l.spent, 0), coalesce(l.received, 0)) "
    "from lines l full join (select user_id, day, category::text as category, spent, received from day_actual "
    "  where user_id = any($1)) a using (user_id, day, category) "
    "where (coalesce(a.spent, 0), coalesce(a.received, 0)) <> (coalesce(l.spent, 0), coalesce(l.received, 0)) "
    "order by user_id, day, category limit 1000");
constexpr db::statement wrong_sums{"finance_audit_sums", sums_sql};
// Live transactions, summed as account_sums has them.
constexpr char balances_of[] =
    "with booked as (select t.user_id, coalesce(t.account_id, t.user_id) as account_id, s.span, "
    "  case s.span when 'day' then t.booked_on else date_trunc('month', t.booked_on)::date end as begins, "
    "  sum(t.amount)::numeric as amount from transactions t cross join (values ('day'), ('month')) as s (span) "
    "  where t.user_id = any($1::uuid[]) and t.deleted_at is null group by 1, 2, 3, 4) ";
constexpr auto balances_sql = db::join(
    balances_of,
    "select user_id, format('account=%s %s=%s: stored %s, recomputed %s', account_id, span, begins, "
    "  coalesce(s.amount, 0), coalesce(b.amount, 0)) "
    "from booked b full join (select user_id, account_id, span, begins, amount from account_sums "
    "  where user_id = any($1)) s using (user_id, account_id, span, begins) "
    "where coalesce(s.amount, 0) <> coalesce(b.amount, 0) order by user_id, account_id, span, begins limit 1000");
constexpr db::statement wrong_balances{"finance_audit_balances", balances_sql};
// What counts in the plan is what is booked in an account on budget, in its currency.
constexpr db::statement misplaced{
    "finance_audit_accounts",
    "select t.user_id, format('transaction=%s: %s, %s in account %s, which is in %s and %s', t.id, t.currency, "
    "  case when l.counts then 'counted' else 'not counted' end, a.id, a.currency, "
    "  case when a.on_budget then 'on budget' else 'off budget' end) "
    "from transactions t join accounts a on a.user_id = t.user_id and a.id = coalesce(t.account_id, t.user_id) "
    "join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
    "where t.user_id = any($1::uuid[]) and t.deleted_at is null "
    "  and (l.counts <> (a.on_budget and (t.transfer_id is null or l.category is not null)) "
    "  or t.currency <> a.currency) order by t.user_id, t.id limit 1000"};
// What pages by tag are read from.
constexpr db::statement wrong_tags{
    "finance_audit_tags",
    "select user_id, format('transaction=%s tag=%s on %s: %s', transaction_id, tag, booked_on, "
    "  case when g.there is null then 'not listed' else 'listed' end) "
    "from (select distinct t.user_id, tag, t.booked_on, t.id as transaction_id, true as booked from transactions t "
    "    cross join unnest(t.tags) as tag where t.user_id = any($1::uuid[]) and t.deleted_at is null) b "
    "full join (select *, true as there from transaction_tags where user_id = any($1)) g "
    "  using (user_id, tag, booked_on, transaction_id) where b.booked is null or g.there is null "
    "union all select user_id, format('tag=%s: counted %s, there are %s', tag, coalesce(c.uses, 0), coalesce(g.n, 0)) "
    "from (select user_id, tag, count(*) as n from transaction_tags where user_id = any($1) group by 1, 2) g "
    "full join (select * from tag_counts where user_id = any($1)) c using (user_id, tag) "
    "where coalesce(c.uses, 0) <> coalesce(g.n, 0) order by 1, 2 limit 1000"};
// A transaction is of the payee its text means.
constexpr db::statement wrong_payees{
    "finance_audit_payees",
    "select t.user_id, format('transaction=%s: stored payee %s, its text means %s', t.id, coalesce(t.payee_id::text, "
    "'nobody'), coalesce(w.payee_id::text, 'nobody')) from transactions t left join payee_words w "
    "  on w.user_id = t.user_id and t.payee is not null and md5(w.word) = md5(payee_word(split_part(t.search_key, "
    "E'\\n', 1))) "
    "where t.user_id = any($1::uuid[]) and (t.search_key is not null or t.payee is null) "
    "  and (t.payee_id is distinct from w.payee_id or exists (select 1 from payees p where p.user_id = t.user_id "
    "    and p.id = t.payee_id and p.merged_into is not null)) order by t.user_id, t.id limit 1000"};
// What a checkpoint cleared is cleared, in its account, and it is reconciled.
constexpr db::statement wrong_cleared{
    "finance_audit_cleared",
    "select t.user_id, format('transaction=%s: %s by checkpoint %s, which is %s', t.id, "
    "  case when t.cleared then 'cleared' else 'not cleared' end, t.cleared_by, case when c.id is null then 'not "
    "there' "
    "  when c.reconciled_at is null then 'not reconciled' when c.account_id <> coalesce(t.account_id, t.user_id) "
    "  then 'of another account' else 'reconciled' end) from transactions t left join checkpoints c "
    "  on c.user_id = t.user_id and c.id = t.cleared_by where t.user_id = any($1::uuid[]) and t.cleared_by is not null "
    "  and (not t.cleared or c.reconciled_at is null or c.account_id <> coalesce(t.account_id, t.user_id)) "
    "order by t.user_id, t.id limit 1000"};
constexpr db::statement wrong_lines{
    "finance_audit_lines",
    "select t.user_id, format('transaction=%s: stored %s on %s, its %s lines sum to %s, %s of them on another day', "
    "t.id, "
    "  t.amount, t.booked_on, count(l.n), coalesce(sum(l.amount), 0), count(*) filter (where l.booked_on <> "
    "t.booked_on)) "
    "from transactions t left join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
    "where t.user_id = any($1::uuid[]) group by t.user_id, t.id, t.amount, t.booked_on "
    "having t.amount <> coalesce(sum(l.amount), 0) or bool_or(l.booked_on <> t.booked_on) or count(l.n) = 0 "
    "order by t.user_id, t.id limit 1000"};
// The legs of each transfer, and what says it is of a transfer that is not there; by themselves, beside the schema's
// own test.
constexpr db::statement wrong_transfers{
    "finance_audit_transfers",
    "select user_id, format('transfer=%s: %s of 2 legs, %s of them as it has them, sum %s %s, %s counted', id, legs, "
    "  fit, total, currencies, counted) from (select coalesce(x.user_id, t.user_id) as user_id, "
    "    coalesce(x.id, t.transfer_id) as id, count(t.id) as legs, count(*) filter (where (t.deleted_at is null) = "
    "      (x.deleted_at is null) and case t.id when x.from_id then t.amount < 0 and t.booked_on = x.booked_on "
    "        and coalesce(t.account_id, t.user_id) = x.from_account when x.to_id then t.amount > 0 "
    "        and coalesce(t.account_id, t.user_id) = x.to_account end) as fit, coalesce(sum(t.amount), 0) as total, "
    "    string_agg(distinct t.currency, ' and ') as currencies, count(distinct t.currency) as kinds, "
    "    count(*) filter (where exists (select 1 from transaction_lines l where l.user_id = t.user_id "
    "      and l.transaction_id = t.id and l.counts)) as counted, bool_and(x.from_account <> x.to_account) as apart "
    "  from (select * from transfers where user_id = any($1::uuid[])) x "
    "  full join (select * from transactions where user_id = any($1) and transfer_id is not null) t "
    "    on t.user_id = x.user_id and t.transfer_id = x.id group by 1, 2) s "
    "where legs <> 2 or fit <> 2 or counted > 1 or (kinds = 1 and total <> 0) or apart is not true "
    "order by user_id, id limit 1000"};
constexpr db::statement wrong_feed{
    "finance_audit_feed",
    "select u.user_id, format('%s=%s: changed in write %s, the last one is %s', x.kind, x.key, x.changed_in, "
    "u.sequence) "
    "from users u join (select user_id, 'transaction' as kind, id::text as key, changed_in from transactions "
    "    where user_id = any($1::uuid[]) union all "
    "  select user_id, 'category', id::text, changed_in from categories where user_id = any($1) union all "
    "  select user_id, 'account', id::text, changed_in from accounts where user_id = any($1) union all "
    "  select user_id, 'checkpoint', id::text, changed_in from checkpoints where user_id = any($1) union all "
    "  select user_id, 'transfer', id::text, changed_in from transfers where user_id = any($1) union all "
    "  select user_id, 'payee', id::text, changed_in from payees where user_id = any($1) union all "
    "  select user_id, 'contribution', id::text, changed_in from contributions where user_id = any($1) union all "
    "  select user_id, 'budget', id::text, changed_in from budget_moves where user_id = any($1) union all "
    "  select user_id, kind, key, changed_in from removed where user_id = any($1)) x on x.user_id = u.user_id "
    "where x.changed_in > u.sequence or x.changed_in < 0 order by u.user_id, x.kind, x.key limit 1000"};

// What was contributed to each goal, summed as goal_sums has it; and of goals that nobody has any more.
constexpr char contributed[] =
    "with made as (select user_id, goal_id, sum(amount)::numeric as amount from contributions "
    "  where user_id = any($1::uuid[]) group by 1, 2) ";
constexpr auto goals_sql = db::join(
    contributed,
    "select user_id, format('goal=%s: stored %s, recomputed %s', goal_id, coalesce(s.amount, 0), "
    "  coalesce(m.amount, 0)) from made m full join (select user_id, goal_id, amount from goal_sums "
    "  where user_id = any($1)) s using (user_id, goal_id) where coalesce(s.amount, 0) <> coalesce(m.amount, 0) "
    "union all select m.user_id, format('goal=%s: nobody has it, %s contributed to it', m.goal_id, m.amount) from made "
    "m "
    "  join users u on u.user_id = m.user_id left join onboarding_answers a on a.user_id = u.user_id "
    "  and a.version = u.plan_version and a.answers->'goals' @> jsonb_build_array(jsonb_build_object('id', m.goal_id)) "
    "  where a.user_id is null order by 1, 2 limit 1000");
constexpr db::statement wrong_goals{"finance_audit_goals", goals_sql};

// Opened periods follow one another, and the revisions of one are of the same days.
constexpr db::statement wrong_periods{
    "finance_audit_periods",
    "select user_id, format('period=%s: ends before %s, the next one begins on %s', month, next, after) from ("
    "  select user_id, month, next, lead(month) over (partition by user_id order by month, next) as after from ("
    "    select distinct user_id, month, next from periods where user_id = any($1::uuid[])) d) p "
    "where after <> next order by user_id, month limit 1000"};

constexpr db::statement lock_person{"finance_audit_lock", "select 1 from users where user_id = $1 for update"};
constexpr auto repair_sql = db::join(
    sums_of,
    ", gone as (delete from day_actual a where a.user_id = any($1) and not exists (select 1 from lines l "
    "    where l.user_id = a.user_id and l.day = a.day and l.category = a.category)), "
    "put as (insert into day_actual (user_id, day, category, spent, received) "
    "  select user_id, day, category, spent::bigint, received::bigint from lines "
    "  on conflict (user_id, day, category) do update set spent = excluded.spent, received = excluded.received "
    "  where (day_actual.spent, day_actual.received) <> (excluded.spent, excluded.received)) "
    "select move_ledger(u, null, null), forget_person(u, $2::timestamptz) from unnest($1) as u");
constexpr db::statement repair_days{"finance_audit_repair", repair_sql};
constexpr auto repair_balances_sql =
    db::join(balances_of,
             ", gone as (delete from account_sums s where s.user_id = any($1) and not exists (select 1 from booked b "
             "    where (b.user_id, b.account_id, b.span, b.begins) = (s.user_id, s.account_id, s.span, s.begins))), "
             "put as (insert into account_sums (user_id, account_id, span, begins, amount) "
             "  select user_id, account_id, span, begins, amount::bigint from booked "
             "  on conflict (user_id, account_id, span, begins) do update set amount = excluded.amount "
             "  where account_sums.amount <> excluded.amount) "
             "select move_ledger(u, null, null), forget_person(u, $2::timestamptz) from unnest($1) as u");
constexpr db::statement repair_balances{"finance_audit_repair_balances", repair_balances_sql};
constexpr auto repair_goals_sql =
    db::join(contributed,
             ", gone as (delete from goal_sums s where s.user_id = any($1) and not exists (select 1 from made m "
             "    where (m.user_id, m.goal_id) = (s.user_id, s.goal_id))), "
             "put as (insert into goal_sums (user_id, goal_id, amount) select user_id, goal_id, amount::bigint from "
             "made "
             "  on conflict (user_id, goal_id) do update set amount = excluded.amount "
             "  where goal_sums.amount <> excluded.amount) "
             "select move_budget(u, null, $2::timestamptz) from unnest($1) as u");
constexpr db::statement repair_goals{"finance_audit_repair_goals", repair_goals_sql};

}  // namespace

awaitable<std::int64_t> audit_store::people(deadline d) {
    const auto rows = co_await db_.query_idempotent(count_people, d);
    co_return rows.front().get<std::int64_t>(0);
}

awaitable<std::vector<uuid>> audit_store::after(const uuid& last, int most, deadline d) {
    const auto rows = co_await db_.query_idempotent(next_people, d, last, most);
    std::vector<uuid> out;
    for (const auto r : rows) out.push_back(r.get<uuid>(0));
    co_return out;
}

awaitable<std::vector<difference>> audit_store::differences(const std::vector<uuid>& people, deadline d) {
    std::vector<difference> out;
    const auto add = [&out](const char* law, const db::rows& rows) {
        for (const auto r : rows) out.push_back({law, r.get<uuid>(0), r.get<std::string>(1)});
    };
    const auto lines = co_await db_.query_idempotent(wrong_lines, d, people);
    add("L3", lines);
    const auto transfers = co_await db_.query_idempotent(wrong_transfers, d, people);
    add("L1", transfers);
    const auto balances = co_await db_.query_idempotent(wrong_balances, d, people);
    add("L2", balances);
    const auto elsewhere = co_await db_.query_idempotent(misplaced, d, people);
    add("account", elsewhere);
    const auto tags = co_await db_.query_idempotent(wrong_tags, d, people);
    add("tags", tags);
    const auto payees = co_await db_.query_idempotent(wrong_payees, d, people);
    add("payee", payees);
    const auto cleared = co_await db_.query_idempotent(wrong_cleared, d, people);
    add("cleared", cleared);
    const auto periods = co_await db_.query_idempotent(wrong_periods, d, people);
    add("T1", periods);
    const auto sums = co_await db_.query_idempotent(wrong_sums, d, people);
    add("L4", sums);
    const auto goals = co_await db_.query_idempotent(wrong_goals, d, people);
    add("L5", goals);
    const auto feed = co_await db_.query_idempotent(wrong_feed, d, people);
    add("feed", feed);
    co_return out;
}

awaitable<void> audit_store::repair_sums(const uuid& user, wall::time_point when, deadline d) {
    db::batch all;
    all.add(lock_person, user);
    all.add(repair_days, std::vector<uuid>{user}, when);
    all.add(repair_balances, std::vector<uuid>{user}, when);
    all.add(repair_goals, std::vector<uuid>{user}, when);
    co_await db_.run_batch(std::move(all), d);
}

}  // namespace mita::finance
