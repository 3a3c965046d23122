// /health of the finance service: what app::health fills (OPERATIONS.md). Reads counters only; never waits.
#include "core/build_info.hpp"
#include "finance/app.hpp"
#include "finance/migrations.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

health_report::cache shown(const char* name, const cache::stats& s) {
    health_report::cache c;
    c.name = name;
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
    r.service = "finance";
    r.version = std::string(version());
    r.commit = std::string(commit());
    r.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - all.started).count();
    r.db = database_of(all.apps);
    r.unhealthy = r.db->status != "connected" || !all.tokens->has_keys();
    const auto users_seen = all.persons.snapshot();
    r.caches.push_back(shown("user", users_seen));
    r.caches.push_back(shown("ledger", all.ledgers.snapshot()));
    r.caches.push_back(shown("page", all.pages.snapshot()));
    r.caches.push_back(shown("token", all.tokens->cache_stats()));
    r.where = all.set.where;
    r.settings = all.shown;
    const bool fed = all.feed != nullptr && all.feed->connected();
    r.notes.emplace_back("revocation_feed", fed ? "connected" : "disconnected");

    const std::scoped_lock lock(all.degradation_mutex);
    auto& log = all.degradations;
    log.check(r, "revocation_feed_silent_ms", static_cast<double>(all.revoked.silent_ms()), 10'000);
    log.check(r, "db_pool_utilization", r.db->utilization, 0.8);
    constexpr std::uint64_t warm = 1000;
    if (users_seen.hits + users_seen.misses > warm)
        log.check(r, "user_cache_hit_ratio", users_seen.hit_ratio(), 0.6, true);
    double lag = 0;
    for (const app* a : all.apps) lag = std::max(lag, a->on.lag_seconds());
    log.check(r, "event_loop_lag_seconds", lag, 0.02);
    const double memory = all.set.where.memory_bytes > 0 ? static_cast<double>(metrics::resident_bytes()) /
                                                               static_cast<double>(all.set.where.memory_bytes)
                                                         : 0;
    log.check(r, "memory_utilization", memory, 0.85);
    return r;
}

}  // namespace mita::finance
