#include "finance/ledger/ledger_store.hpp"

#include "finance/ledger/transaction_rows.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr auto find_sql =
    db::join("select ", transaction_columns,
             " from transactions t join transaction_lines l on l.user_id = t.user_id and l.transaction_id = t.id "
             "where t.user_id = $1 and t.id = $2 order by l.n");
constexpr db::statement find_transaction{"finance_transaction", find_sql, db::sync::shared};
constexpr db::statement find_version{"finance_ledger_version", "select ledger_version from users where user_id = $1",
                                     db::sync::shared};
constexpr db::statement find_taken{"finance_transactions_taken",
                                   "select id from transactions where user_id = $1 and id = any($2::uuid[])"};
constexpr auto find_all_sql =
    db::join("select ", transaction_columns, " from transactions t cross join lateral ", lines_of_each,
             " where t.user_id = $1 and t.id = any($2::uuid[]) order by t.id, l.n");
constexpr db::statement find_transactions{"finance_transactions", find_all_sql};

// As the latest revision of its own period has it, or of the one before while its own is not open.
constexpr db::statement find_link_target{
    "finance_link_target",
    "select x.category, x.income, x.day from periods p cross join lateral ("
    "  select o.id, o.category, o.day, false as income "
    "  from jsonb_to_recordset(p.obligations) as o(id text, category text, day date) union all "
    "  select o.id, o.category, o.day, true "
    "  from jsonb_to_recordset(p.budget->'incomes') as o(id text, category text, day date)) x "
    "where p.user_id = $1 and x.id = $2 and not exists (select 1 from periods n where n.user_id = p.user_id "
    "    and n.month = p.month and n.revision > p.revision) "
    "  and ((x.day >= p.month and x.day < p.next) or not exists (select 1 from periods m where m.user_id = p.user_id "
    "    and m.month between x.day - 62 and x.day and m.next > x.day)) and (p.obligations @> "
    "jsonb_build_array(jsonb_build_object('id', $2::text)) "
    "  or p.budget->'incomes' @> jsonb_build_array(jsonb_build_object('id', $2::text))) "
    "order by p.month desc limit 1"};

}  // namespace

awaitable<std::optional<transaction>> ledger_store::find(const uuid& user, const uuid& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_transaction, d, user, id);
    auto found = transactions_from(rows);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

awaitable<std::vector<transaction>> ledger_store::find(const uuid& user, std::vector<uuid> ids, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_transactions, d, user, ids);
    co_return transactions_from(rows);
}

awaitable<std::vector<uuid>> ledger_store::taken(const uuid& user, std::vector<uuid> ids, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_taken, d, user, ids);
    std::vector<uuid> out;
    for (const auto r : rows) out.push_back(r.get<uuid>(0));
    co_return out;
}

awaitable<std::optional<link_target>> ledger_store::find_target(const uuid& user, std::string id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_link_target, d, user, id);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    co_return link_target{r.get<std::string>(0), r.get<bool>(1), civil_day(r.get<std::chrono::year_month_day>(2))};
}

awaitable<std::optional<std::int64_t>> ledger_store::version(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_version, d, user);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::finance
