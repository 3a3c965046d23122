// What every cache counts, as /health and /metrics show it.
#pragma once

#include <cstdint>

namespace mita::cache {

struct stats {
    std::uint64_t hits = 0, misses = 0, stale = 0, joins = 0;
    std::uint64_t loads = 0, load_failures = 0, load_micros = 0;
    std::uint64_t evictions = 0, evicted_bytes = 0, expired = 0, rejections = 0;
    std::uint64_t entries = 0, bytes = 0, max_bytes = 0;
    std::int64_t last_cleanup_unix_ms = 0;
    double hit_ratio() const {
        const auto all = hits + misses;
        return all == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(all);
    }
};

}  // namespace mita::cache
