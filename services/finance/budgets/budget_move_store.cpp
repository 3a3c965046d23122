#include "finance/budgets/budget_move_store.hpp"

#include "core/error.hpp"
#include "finance/budgets/budget_move_rows.hpp"

#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

constexpr auto moves_sql = db::join("select ", budget_move_columns,
                                    " from budget_moves b where b.user_id = $1 and b.month = $2::date "
                                    "order by b.created_at desc, b.id desc");
constexpr db::statement moves_of_month{"finance_budget_moves", moves_sql};
constexpr auto move_sql = db::join("select ", budget_move_columns,
                                   " from budget_moves b where b.user_id = $1 and b.month = $2::date and b.id = $3");
constexpr db::statement one_move{"finance_budget_move", move_sql};
// Before a write and under one Sync with it: the write sees everything committed before the lock was had.
constexpr db::statement lock_mover{"finance_budget_move_lock", "select 1 from users where user_id = $1 for update"};
constexpr auto insert_move_sql =
    db::join(begin_with_months,
             ", b as (insert into budget_moves (user_id, id, month, day, from_category, to_category, amount, currency, "
             "    note, created_at, next) "
             "  select user_id, $20::uuid, $21::date, $22::date, $23::text, $24::text, $25::bigint, $26::text, "
             "    $27::text, $8::timestamptz, $28::date from u)",
             keyed_end);
constexpr db::statement insert_move{"finance_budget_move_insert", insert_move_sql};

}  // namespace

awaitable<std::vector<budget_move>> budget_move_store::of_period(const uuid& user, civil_day first, deadline d) {
    const auto rows = co_await db_.query_idempotent(moves_of_month, d, user, year_month_day(first));
    std::vector<budget_move> out;
    for (const auto r : rows) out.push_back(budget_move_from(r, 0));
    co_return out;
}

awaitable<std::optional<budget_move>> budget_move_store::read(const uuid& user, civil_day first, const uuid& id,
                                                              deadline d) {
    const auto rows = co_await db_.query_idempotent(one_move, d, user, year_month_day(first), id);
    if (rows.empty()) co_return std::nullopt;
    co_return budget_move_from(rows.front(), 0);
}

awaitable<write_outcome> budget_move_store::insert(const uuid& user, const budget_move& m, std::int64_t budget_version,
                                                   const months_after& then, const keyed_answer& answer, deadline d) {
    const months_written months(budget_version, then);
    db::batch both;
    both.add(lock_mover, user);
    both.add(insert_move, user, answer, months, m.id, year_month_day(m.over.start), year_month_day(m.on), m.from, m.to,
             m.value, m.currency, m.note, year_month_day(m.over.next));
    try {
        const auto results = co_await db_.run_batch(std::move(both), d);
        const auto& rows = results.at(1);
        co_return rows.empty() ? write_outcome() : outcome_of(rows);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("budget_moves_key")) throw;
    }
    throw api_error(409, "already_exists", "A transfer with this id exists.");
}

}  // namespace mita::finance
