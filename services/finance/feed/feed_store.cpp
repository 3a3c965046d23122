#include "finance/feed/feed_store.hpp"

#include "db/statement.hpp"
#include "finance/accounts/account_rows.hpp"
#include "finance/budgets/budget_move_rows.hpp"
#include "finance/categories/category_rows.hpp"
#include "finance/checkpoints/checkpoint_rows.hpp"
#include "finance/goals/contribution_rows.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/payees/payee_rows.hpp"
#include "finance/people/profile_rows.hpp"
#include "finance/transfers/transfer_rows.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

// $2 $3 $4: the place; $5: the transaction it ends at, or the least uuid, or the greatest behind them all; $6: how
// many. p: what may be on the page, of each kind; q: the page. Transactions, which are nearly all of it, come as
// columns, a row a line (B18: as JSON, made there and read here, a page took four times as long).
constexpr auto after_sql = db::join(
    "with u as materialized (select * from users where user_id = $1), "
    "p as ((select t.changed_in, 4 as kind, t.id::text collate \"C\" as key from transactions t where t.user_id = $1 "
    "    and (t.changed_in, t.id) > ($2::bigint, $5::uuid) order by t.changed_in, t.id limit $6::bigint) "
    "  union all select c.changed_in, 1, c.id::text from categories c where c.user_id = $1 and c.changed_in >= $2 "
    "  union all select a.changed_in, 0, a.id::text from accounts a where a.user_id = $1 and a.changed_in >= $2 "
    "  union all (select k.changed_in, 5, k.id::text collate \"C\" from checkpoints k where k.user_id = $1 "
    "    and k.changed_in >= $2 and (k.changed_in, 5, k.id::text collate \"C\") > ($2, $3::integer, $4::text) "
    "    order by k.changed_in, k.id limit $6) "
    "  union all (select x.changed_in, 6, x.id::text collate \"C\" from transfers x where x.user_id = $1 "
    "    and x.changed_in >= $2 and (x.changed_in, 6, x.id::text collate \"C\") > ($2, $3::integer, $4::text) "
    "    order by x.changed_in, x.id limit $6) "
    "  union all (select y.changed_in, 7, y.id::text collate \"C\" from payees y where y.user_id = $1 "
    "    and y.merged_into is null and y.changed_in >= $2 and (y.changed_in, 7, y.id::text collate \"C\") > ($2, "
    "    $3::integer, $4::text) order by y.changed_in, y.id limit $6) "
    "  union all (select g.changed_in, 8, g.id::text collate \"C\" from contributions g where g.user_id = $1 "
    "    and g.changed_in >= $2 and (g.changed_in, 8, g.id::text collate \"C\") > ($2, $3::integer, $4::text) "
    "    order by g.changed_in, g.id limit $6) "
    "  union all (select b.changed_in, 9, b.id::text collate \"C\" from budget_moves b where b.user_id = $1 "
    "    and b.changed_in >= $2 and (b.changed_in, 9, b.id::text collate \"C\") > ($2, $3::integer, $4::text) "
    "    order by b.changed_in, b.id limit $6) "
    "  union all select r.changed_in, case r.kind when 'account' then 0 when 'category' then 1 when 'checkpoint' then "
    "5 when 'payee' then 7 when 'contribution' then 8 when 'installment' then 10 when 'recurring' then 11 else 6 end, "
    "r.key "
    "    from removed r where r.user_id = $1 "
    "    and r.kind in ('account', 'category', 'checkpoint', 'transfer', 'payee', 'contribution', 'installment', "
    "'recurring') "
    "    and r.changed_in >= $2 "
    "  union all select u.plan_changed_in, 2, '' from u where u.plan_version > 0 and u.plan_changed_in >= $2 "
    "  union all select u.profile_changed_in, 3, '' from u where u.profile_changed_in >= $2 "
    "  union all select u.plan_changed_in, 10, i->>'id' from u join onboarding_answers a on a.user_id = u.user_id "
    "    and a.version = u.plan_version cross join lateral jsonb_array_elements(a.answers->'installments') i "
    "    where u.plan_changed_in >= $2 "
    "  union all select u.plan_changed_in, 11, i->>'id' from u join onboarding_answers a on a.user_id = u.user_id "
    "    and a.version = u.plan_version cross join lateral jsonb_array_elements(a.answers->'transfers') i "
    "    where u.plan_changed_in >= $2), "
    "q as (select * from p where (changed_in, kind, key) > ($2, $3::integer, $4::text collate \"C\") "
    "  order by changed_in, kind, key limit $6) "
    "select u.sequence, u.forgotten_to, q.changed_in, q.kind, q.key, case q.kind "
    "when 0 then (select jsonb_build_array(",
    account_columns,
    ") from accounts a where a.user_id = $1 and a.id = q.key::uuid and a.changed_in = q.changed_in) "
    "when 1 then (select jsonb_build_array(",
    category_columns,
    ") from categories c where c.user_id = $1 and c.id = q.key and c.changed_in = q.changed_in) "
    "when 10 then (select jsonb_build_array(u.currency, i) from onboarding_answers a cross join lateral "
    "  jsonb_array_elements(a.answers->'installments') i where a.user_id = $1 and a.version = u.plan_version "
    "  and i->>'id' = q.key and u.plan_changed_in = q.changed_in) "
    "when 11 then (select jsonb_build_array(u.currency, i) from onboarding_answers a cross join lateral "
    "  jsonb_array_elements(a.answers->'transfers') i where a.user_id = $1 and a.version = u.plan_version "
    "  and i->>'id' = q.key and u.plan_changed_in = q.changed_in) "
    "when 2 then (select jsonb_build_array(u.plan_version, u.timezone, a.answers::text) from onboarding_answers a "
    "  where a.user_id = $1 and a.version = u.plan_version) "
    "when 3 then jsonb_build_array(",
    profile_columns, ") when 5 then (select jsonb_build_array(", checkpoint_columns,
    ") from checkpoints c where c.user_id = $1 and c.id = q.key::uuid and c.changed_in = q.changed_in) "
    "when 6 then (select jsonb_build_array(",
    transfer_columns, ", (select jsonb_agg(jsonb_build_array(", transaction_columns, ") order by ", legs_in_order,
    ")::text from (select 1) one", legs_of_each, lines_of_each,
    ")) from transfers x where x.user_id = $1 and x.id = q.key::uuid and x.deleted_at is null "
    "  and x.changed_in = q.changed_in) when 7 then (select "
    "jsonb_build_array(",
    payee_columns,
    ") from payees y where y.user_id = $1 and y.id = q.key::uuid and y.changed_in = q.changed_in "
    "  and y.merged_into is null) when 8 then (select jsonb_build_array(",
    contribution_columns,
    ") from contributions g where g.user_id = $1 and g.id = q.key::uuid and g.changed_in = q.changed_in) when 9 then "
    "(select jsonb_build_array(",
    budget_move_columns,
    ") from budget_moves b where b.user_id = $1 and b.id = q.key::uuid and b.changed_in = q.changed_in) end::text, ",
    transaction_columns,
    " from u left join q on true left join lateral (select * from transactions t where t.user_id = $1 "
    "  and t.id = case when q.kind = 4 then q.key::uuid end offset 0) t on t.deleted_at is null "
    "left join lateral ",
    lines_of_each, " on true order by q.changed_in, q.kind, q.key, l.n");
constexpr db::statement changes_after{"finance_changes", after_sql};
constexpr db::statement forget_removed{"finance_removed_forget", "select forget_removed($1::timestamptz, $2::integer)"};
constexpr int of_each_item = 6;
constexpr int forgotten_at_once = 1'000;

}  // namespace

awaitable<std::optional<feed_page>> feed_store::after(const uuid& user, const feed_place& place, int limit,
                                                      deadline d) {
    uuid last;
    if (place.kind == feed_kind::transaction) last = uuid::parse(place.key).value_or(uuid());
    if (place.kind > feed_kind::transaction) last.bytes.fill(0xff);
    const auto rows = co_await db_.query_idempotent(
        changes_after, d, user, place.sequence, static_cast<int>(place.kind), place.key, last, std::int64_t{limit} + 1);
    if (rows.empty()) co_return std::nullopt;
    feed_page page;
    page.sequence = rows.front().get<std::int64_t>(0);
    page.forgotten_to = rows.front().get<std::int64_t>(1);
    for (const auto r : rows) {
        if (r.is_null(2)) break;
        feed_place at{r.get<std::int64_t>(2), static_cast<feed_kind>(r.get<std::int64_t>(3)), r.get<std::string>(4)};
        if (page.items.empty() || page.items.back().at != at) page.items.push_back({std::move(at), {}, {}});
        auto& item = page.items.back();
        if (!r.is_null(5)) item.object = r.get<std::string>(5);
        if (!r.is_null(of_each_item)) append_row(item.entry, r, of_each_item);
    }
    co_return page;
}

awaitable<bool> feed_store::forget(wall::time_point when, deadline d) {
    const auto rows = co_await db_.query_idempotent(forget_removed, d, when, forgotten_at_once);
    co_return rows.front().get<std::int64_t>(0) == forgotten_at_once;
}

}  // namespace mita::finance
