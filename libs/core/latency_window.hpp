// How long things took lately: a ring of ten-second slots over seven minutes, from which the last minute and the five
// minutes before it are summed. Written by one thread without locks or allocation; read by any. Used by http::server
// (requests, one window a worker) and db::pool (waits); /health shows the sums. Time is always given, so tests move it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace mita {

// What a span of time held; sums over windows.
struct latency_summary {
    // Powers of two of 16 us, eight steps each: 12.5 % wide at most, up to 67 s.
    static constexpr std::size_t steps = 8, octaves = 20;
    static constexpr std::size_t buckets = steps * octaves;

    std::array<std::uint64_t, buckets> counts{};
    std::uint64_t total = 0;
    std::uint64_t failed = 0;  // answered 5xx
    std::uint64_t slow = 0;    // over a second

    // The q-quantile (0..1), linear within its bucket; nullopt when nothing was recorded.
    std::optional<double> quantile_ms(double q) const;
    double failed_share() const { return total == 0 ? 0 : static_cast<double>(failed) / static_cast<double>(total); }
};

class latency_window {
public:
    using clock = std::chrono::steady_clock;
    static constexpr std::chrono::seconds slot_length{10}, recent{60}, baseline{300};
    static constexpr std::int64_t recent_slots = recent / slot_length, baseline_slots = baseline / slot_length;

    latency_window();
    // The writing thread only; `now` never goes back by more than a slot.
    void record(clock::time_point now, std::chrono::microseconds took, bool failed = false);
    // Adds the last minute (the running slot and the five before it).
    void add_recent(clock::time_point now, latency_summary& to) const;
    // Adds the n-th slot (0..29) of the five minutes before that minute.
    void add_baseline_slot(clock::time_point now, int n, latency_summary& to) const;

private:
    struct slot {
        std::atomic<std::int64_t> number{-1};  // since the clock's epoch; tells a slot from the one it replaced
        std::array<std::atomic<std::uint32_t>, latency_summary::buckets> counts{};
        std::atomic<std::uint32_t> failed{0}, slow{0};
    };
    static constexpr std::size_t slots = recent_slots + baseline_slots + 6;  // what is read is never being cleared
    static std::int64_t number_at(clock::time_point now) { return now.time_since_epoch() / slot_length; }
    void add(std::int64_t first, std::int64_t last, latency_summary& to) const;

    std::unique_ptr<slot[]> slots_;
};

// What p99 used to be before the last minute: the median of the p99 of each ten seconds, over all windows, so that a
// slow minute does not soon count as usual. nullopt: fewer than six slots had ten requests.
std::optional<double> baseline_p99_ms(const std::vector<std::unique_ptr<latency_window>>& windows,
                                      latency_window::clock::time_point now);

}  // namespace mita
