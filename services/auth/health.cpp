// /health of the auth service: what it adds to what every service says.
#include "auth/app.hpp"
#include "cache/report.hpp"

namespace mita::auth {

awaitable<health_report> app::health() {
    health_report r = all.vital.report();
    co_await db::describe(r, all.vital.degradations, db_probe, all.apps, all.schema);
    r.unhealthy = r.db->status != "connected" || !all.schema.ready() || !all.ring.now();
    r.caches.push_back(cache::health_of("token", all.tokens.cache_stats()));

    const auto lanes = all.lanes.stats();
    r.notes.emplace_back("hashing", lanes.kernel.fallback ? "libxcrypt" : "lanes");
    r.notes.emplace_back("hash_threads", std::to_string(lanes.threads));
    r.notes.emplace_back("hash_lanes_in_use", std::to_string(lanes.lanes_in_use));

    all.vital.degradations.check_above(r, "hash_kernel_fallback", lanes.kernel.degraded ? 1 : 0, 0);
    all.vital.degradations.check(r, "audit_queue_full", all.trail.full(), static_cast<double>(all.trail.waiting()),
                                 static_cast<double>(all.set.audit_queue));
    all.vital.degradations.check_above(r, "second_factors_sealed_otherwise", static_cast<double>(all.factors.closed()),
                                       0);
    co_return r;
}

}  // namespace mita::auth
