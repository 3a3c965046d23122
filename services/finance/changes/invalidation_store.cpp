#include "finance/changes/invalidation_store.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>

namespace mita::finance {

namespace {

constexpr db::statement read_since{
    "finance_invalidations_since",
    "select pg_snapshot_xmin(pg_current_snapshot())::text, i.id from (select 1) one left join invalidations i "
    "on i.tx >= $1::text::xid8"};
constexpr db::statement read_horizon{"finance_invalidations_horizon",
                                     "select pg_snapshot_xmin(pg_current_snapshot())::text, null::uuid"};
// What another instance is deleting is left to it.
constexpr db::statement prune_old{
    "finance_invalidations_prune",
    "delete from invalidations where seq in (select seq from invalidations where created_at < $1 "
    "order by seq limit 2000 for update skip locked)"};
constexpr std::int64_t pruned_at_once = 2000;

}  // namespace

awaitable<invalidation_store::changes> invalidation_store::since(std::string horizon, deadline d) {
    db::rows rows;
    if (horizon.empty())
        rows = co_await db_.query_idempotent(read_horizon, d);
    else
        rows = co_await db_.query_idempotent(read_since, d, horizon);
    changes out;
    for (const auto r : rows) {
        out.horizon = r.get<std::string>(0);
        if (!r.is_null(1)) out.ids.push_back(r.get<uuid>(1));
    }
    co_return out;
}

awaitable<bool> invalidation_store::prune(deadline d) {
    const auto oldest = wall::now() - std::chrono::hours(1);
    const auto rows = co_await db_.query_idempotent(prune_old, d, oldest);
    co_return rows.affected() >= pruned_at_once;
}

}  // namespace mita::finance
