// /health of the auth service: what app::health fills (OPERATIONS.md). Reads counters only; never waits.
#include "auth/app.hpp"
#include "auth/migrations.hpp"
#include "core/build_info.hpp"

#include <algorithm>

namespace mita::auth {

namespace {

health_report::cache token_cache_of(const cache::stats& s) {
    health_report::cache c;
    c.name = "token";
    c.hits = s.hits;
    c.misses = s.misses;
    c.hit_ratio = s.hit_ratio();
    c.entries = s.entries;
    c.bytes = s.bytes;
    c.max_bytes = s.max_bytes;
    c.evictions = s.evictions;
    c.expired = s.expired;
    c.last_cleanup_unix_ms = s.last_cleanup_unix_ms;
    return c;
}

health_report::database database_of(const std::vector<app*>& apps) {
    health_report::database d;
    d.status = "disconnected";
    for (const app* a : apps) {
        const auto s = a->db.stats();
        d.size += s.size;
        d.in_use += s.in_use;
        d.waiting += s.waiting;
        d.latency_ms = std::max(d.latency_ms, s.last_latency_ms);
        if (s.state == "connected") d.status = "connected";
    }
    d.utilization = d.size == 0 ? 0 : static_cast<double>(d.in_use) / static_cast<double>(d.size);
    d.schema_version = migrations().back().number;
    return d;
}

}  // namespace

health_report app::health() const {
    health_report r;
    r.service = "auth";
    r.version = version();
    r.commit = commit();
    r.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - all.started).count();
    r.db = database_of(all.apps);
    r.unhealthy = r.db->status != "connected" || !all.ring.now();
    r.caches.push_back(token_cache_of(all.tokens.cache_stats()));
    r.where = all.set.where;
    r.settings = all.shown;

    const auto lanes = all.lanes.stats();
    r.notes.emplace_back("hashing", lanes.kernel.fallback ? "libxcrypt" : "lanes");
    r.notes.emplace_back("hash_threads", std::to_string(lanes.threads));
    r.notes.emplace_back("hash_lanes_in_use", std::to_string(lanes.lanes_in_use));

    const std::scoped_lock lock(all.degradation_mutex);
    all.degradations.check(r, "hash_kernel_fallback", lanes.kernel.degraded ? 1 : 0, 0);
    all.degradations.check(r, "db_pool_utilization", r.db->utilization, 0.8);
    double lag = 0;
    for (const app* a : all.apps) lag = std::max(lag, a->on.lag_seconds());
    all.degradations.check(r, "event_loop_lag_seconds", lag, 0.02);
    const double memory = all.set.where.memory_bytes > 0 ? static_cast<double>(metrics::resident_bytes()) /
                                                               static_cast<double>(all.set.where.memory_bytes)
                                                         : 0;
    all.degradations.check(r, "memory_utilization", memory, 0.85);
    return r;
}

}  // namespace mita::auth
