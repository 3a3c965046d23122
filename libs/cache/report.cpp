#include "cache/report.hpp"

#include <utility>

namespace mita::cache {

health_report::cache health_of(std::string name, const stats& s) {
    health_report::cache c;
    c.name = std::move(name);
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

void export_stats(metrics::registry& r, const std::string& name, const std::function<stats()>& read) {
    const auto field = [&](const char* metric, const char* help, const char* type, auto pick) {
        r.callback(metric, help, type, {{"cache", name}}, [read, pick] { return static_cast<double>(pick(read())); });
    };
    using s = const stats&;
    field("mita_cache_hits_total", "Cache hits.", "counter", [](s c) { return c.hits; });
    field("mita_cache_misses_total", "Cache misses.", "counter", [](s c) { return c.misses; });
    field("mita_cache_evictions_total", "Entries evicted.", "counter", [](s c) { return c.evictions; });
    field("mita_cache_expired_total", "Entries expired.", "counter", [](s c) { return c.expired; });
    field("mita_cache_bytes", "Bytes in use.", "gauge", [](s c) { return c.bytes; });
    field("mita_cache_entries", "Entries.", "gauge", [](s c) { return c.entries; });
}

void judge_hits(degradation_log& log, health_report& r, const std::string& name, const stats& s) {
    constexpr std::uint64_t warm = 1000;
    constexpr double least = 0.6;
    const bool holds = s.hits + s.misses >= warm && s.hit_ratio() < least;
    log.check(r, name + "_cache_hit_ratio", holds, s.hit_ratio(), least);
}

}  // namespace mita::cache
