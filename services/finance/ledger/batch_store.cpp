#include "finance/ledger/batch_store.hpp"

#include "finance/ledger/insert_effects.hpp"
#include "finance/ledger/transaction_records.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr auto insert_sql = db::join(
    keyed_ledger, ", i as materialized (select u.user_id, e.* from u cross join jsonb_to_recordset($11::jsonb) as e",
    record_columns, "), ", lines_of_records, insert_effects, keyed_end);
constexpr db::statement insert_transactions{"finance_transactions_insert", insert_sql};

constexpr db::statement find_taken{"finance_transactions_taken",
                                   "select id from transactions where user_id = $1 and id = any($2::uuid[])"};

}  // namespace

awaitable<write_outcome> batch_store::create(const uuid& user, std::span<const transaction> entries, state_before from,
                                             keyed_answer answer, deadline d) {
    const auto records = records_of(entries);
    const auto rows = co_await db_.query(insert_transactions, d, user, answer, from, records);
    co_return outcome_of(rows);
}

awaitable<std::vector<uuid>> batch_store::taken(const uuid& user, std::vector<uuid> ids, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_taken, d, user, ids);
    std::vector<uuid> out;
    for (const auto r : rows) out.push_back(r.get<uuid>(0));
    co_return out;
}

}  // namespace mita::finance
