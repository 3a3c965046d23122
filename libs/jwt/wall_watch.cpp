#include "jwt/wall_watch.hpp"

#include <algorithm>

namespace mita::jwt {

namespace {
constexpr auto relaxed = std::memory_order_relaxed;
}

void wall_watch::observe(std::int64_t wall_s, std::int64_t steady_ms) noexcept {
    const std::int64_t offset = wall_s * 1000 - steady_ms;
    const std::int64_t last = last_.load(relaxed);
    const std::int64_t seen = seen_steady_.load(relaxed);
    if (last != unset && offset < last - tolerance_ms) {
        // Set back some time after the last look: what was issued since then already carries the new time.
        const std::int64_t quiet_s = std::max<std::int64_t>(0, steady_ms - seen) / 1000;
        stepped_to_.store(wall_s - quiet_s - 1, relaxed);
        last_.store(offset, relaxed);
    } else if (offset > last) {
        last_.store(offset, relaxed);
    }
    std::int64_t highest = highest_.load(relaxed);
    while (offset > highest && !highest_.compare_exchange_weak(highest, offset, relaxed)) {
    }
    if (seen == unset || steady_ms - seen >= 1000) seen_steady_.store(steady_ms, relaxed);
}

std::int64_t wall_watch::judge_at(std::int64_t issued_at, std::int64_t wall_s, std::int64_t steady_ms) const noexcept {
    const std::int64_t step = stepped_to_.load(relaxed);
    if (step == unset || issued_at >= step) return wall_s;
    return std::max(wall_s, (highest_.load(relaxed) + steady_ms) / 1000);
}

}  // namespace mita::jwt
