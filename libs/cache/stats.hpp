// What every cache counts, as /health and /metrics show it. Exact: kept under the shards' mutexes.
#pragma once

#include <cstdint>

namespace mita::cache {

struct stats {
    std::uint64_t hits = 0, misses = 0;                           // of find and get; an expired entry is a miss
    std::uint64_t stale = 0;                                      // misses that found an expired entry
    std::uint64_t joins = 0;                                      // callers that waited for another's load
    std::uint64_t loads = 0, load_failures = 0, load_micros = 0;  // loads that ended, those that threw, time of all
    std::uint64_t evictions = 0, evicted_bytes = 0;               // residents pushed out for room
    std::uint64_t expired = 0;  // dropped because their time was over (on read, by clean_up or instead of an eviction)
    std::uint64_t rejections = 0;  // newcomers seen too rarely to be let in, or heavier than a shard
    std::uint64_t entries = 0, bytes = 0, max_bytes = 0;
    std::int64_t last_cleanup_unix_ms = 0;  // 0: never
    double hit_ratio() const {
        const auto all = hits + misses;
        return all == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(all);
    }
};

// Adds counters of a part (a shard, or a second cache shown as one).
inline stats& operator+=(stats& a, const stats& b) {
    a.hits += b.hits;
    a.misses += b.misses;
    a.stale += b.stale;
    a.joins += b.joins;
    a.loads += b.loads;
    a.load_failures += b.load_failures;
    a.load_micros += b.load_micros;
    a.evictions += b.evictions;
    a.evicted_bytes += b.evicted_bytes;
    a.expired += b.expired;
    a.rejections += b.rejections;
    a.entries += b.entries;
    a.bytes += b.bytes;
    a.max_bytes += b.max_bytes;
    if (b.last_cleanup_unix_ms > a.last_cleanup_unix_ms) a.last_cleanup_unix_ms = b.last_cleanup_unix_ms;
    return a;
}

}  // namespace mita::cache
