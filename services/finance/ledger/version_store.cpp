#include "finance/ledger/version_store.hpp"

#include "finance/ledger/transaction_rows.hpp"

#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

// A former version v as t and its lines as l: read as those of today are, what columns came since are null.
constexpr char former_as_t[] = "cross join lateral jsonb_populate_record(null::transactions, v.entry) t ";
constexpr char former_lines[] =
    "jsonb_to_recordset(v.lines) as l(n integer, category text, amount bigint, note text, counts boolean) ";
constexpr char in_one_value[] = "select t.version, t.written_by, t.written_with, (select jsonb_agg(jsonb_build_array(";
constexpr auto history_sql =
    db::join("select h.* from (", in_one_value, transaction_columns, ") order by l.n)::text from ", lines_of_each,
             ") from transactions t where t.user_id = $1 and t.id = $2 union all ", in_one_value, transaction_columns,
             ") order by l.n)::text from ", former_lines, ") from transaction_versions v ", former_as_t,
             "where v.user_id = $1 and v.transaction_id = $2) h order by h.version desc");
constexpr db::statement find_history{"finance_transaction_history", history_sql};
constexpr auto former_sql =
    db::join("select ", transaction_columns,
             " from unnest($2::uuid[], $3::bigint[]) as w(id, version) join transaction_versions v "
             "  on v.user_id = $1 and v.transaction_id = w.id and v.version = w.version ",
             former_as_t, "cross join lateral ", former_lines, "order by t.id, l.n");
constexpr db::statement find_former{"finance_transactions_former", former_sql};
constexpr db::statement find_act{"finance_transaction_act",
                                 "select entries, versions from transaction_acts where user_id = $1 and id = $2"};

}  // namespace

awaitable<std::vector<transaction_version>> version_store::history(const uuid& user, const uuid& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_history, d, user, id);
    std::vector<transaction_version> out;
    for (const auto r : rows) {
        std::vector<transaction> one;
        append_rows(one, r.get<std::string_view>(3));
        out.push_back({std::move(one.at(0)), r.get<std::optional<uuid>>(1), r.get<std::optional<std::string>>(2)});
    }
    co_return out;
}

awaitable<std::vector<transaction>> version_store::former(const uuid& user, std::vector<uuid> ids,
                                                          std::vector<std::int64_t> which, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_former, d, user, ids, which);
    co_return transactions_from(rows);
}

awaitable<std::optional<transaction_act>> version_store::act(const uuid& user, const uuid& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_act, d, user, id);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    co_return transaction_act{r.get<std::vector<uuid>>(0), r.get<std::vector<std::int64_t>>(1)};
}

}  // namespace mita::finance
