// /health of the auth service: what it adds to what every service says (OPERATIONS.md).
#include "auth/app.hpp"
#include "auth/migrations.hpp"
#include "cache/report.hpp"

namespace mita::auth {

awaitable<health_report> app::health() {
    health_report r = all.vital.report();
    std::vector<db::pool_stats> pools;
    for (const app* a : all.apps) pools.push_back(a->db.stats());
    const auto seen = co_await db_probe.ask();
    r.db = db::health_of(pools, seen, migrations().back().number);
    r.unhealthy = r.db->status != "connected" || !all.ring.now();
    r.caches.push_back(cache::health_of("token", all.tokens.cache_stats()));

    const auto lanes = all.lanes.stats();
    r.notes.emplace_back("hashing", lanes.kernel.fallback ? "libxcrypt" : "lanes");
    r.notes.emplace_back("hash_threads", std::to_string(lanes.threads));
    r.notes.emplace_back("hash_lanes_in_use", std::to_string(lanes.lanes_in_use));

    all.vital.degradations.check_above(r, "hash_kernel_fallback", lanes.kernel.degraded ? 1 : 0, 0);
    db::judge_pools(all.vital.degradations, r, pools);
    co_return r;
}

}  // namespace mita::auth
