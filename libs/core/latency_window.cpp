#include "core/latency_window.hpp"

#include <algorithm>
#include <bit>

namespace mita {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;
constexpr std::uint64_t unit_us = 16;

// Below 2 * steps units a bucket is a unit; above, the three bits under the leading one choose the step.
std::size_t bucket_of(std::chrono::microseconds took) {
    const auto units = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)) / unit_us;
    if (units < 2 * latency_summary::steps) return static_cast<std::size_t>(units);
    const auto shift = static_cast<unsigned>(std::bit_width(units)) - 4;
    const auto at = std::size_t{shift + 1} * latency_summary::steps + ((units >> shift) & (latency_summary::steps - 1));
    return std::min(at, latency_summary::buckets - 1);
}

// Where a bucket begins, in milliseconds.
double lower_ms(std::size_t bucket) {
    constexpr std::size_t steps = latency_summary::steps;
    const auto units =
        bucket < 2 * steps ? std::uint64_t{bucket} : std::uint64_t{steps + bucket % steps} << (bucket / steps - 1);
    return static_cast<double>(units * unit_us) / 1000;
}

// One writer: a load and a store, no locked instruction.
void bump(std::atomic<std::uint32_t>& n) { n.store(n.load(relaxed) + 1, relaxed); }

}  // namespace

std::optional<double> latency_summary::quantile_ms(double q) const {
    if (total == 0) return std::nullopt;
    const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
    double below = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= rank) {
            const double low = lower_ms(i), high = lower_ms(i + 1);
            return low + (high - low) * std::max(0.0, rank - below) / here;
        }
        below += here;
    }
    return lower_ms(buckets);
}

latency_window::latency_window() : slots_(std::make_unique<slot[]>(slots)) {}

void latency_window::record(clock::time_point now, std::chrono::microseconds took, bool failed) {
    const auto number = number_at(now);
    slot& s = slots_[static_cast<std::size_t>(number) % slots];
    if (s.number.load(relaxed) != number) {
        s.number.store(-1, relaxed);
        for (auto& n : s.counts) n.store(0, relaxed);
        s.failed.store(0, relaxed);
        s.slow.store(0, relaxed);
        s.number.store(number, std::memory_order_release);
    }
    bump(s.counts[bucket_of(took)]);
    if (failed) bump(s.failed);
    if (took > std::chrono::seconds(1)) bump(s.slow);
}

void latency_window::add_recent(clock::time_point now, latency_summary& to) const {
    const auto last = number_at(now);
    add(last - recent_slots + 1, last, to);
}

void latency_window::add_baseline_slot(clock::time_point now, int n, latency_summary& to) const {
    const auto number = number_at(now) - recent_slots - n;
    add(number, number, to);
}

void latency_window::add(std::int64_t first, std::int64_t last, latency_summary& to) const {
    for (auto number = std::max<std::int64_t>(first, 0); number <= last; ++number) {
        const slot& s = slots_[static_cast<std::size_t>(number) % slots];
        if (s.number.load(std::memory_order_acquire) != number) continue;
        for (std::size_t i = 0; i < latency_summary::buckets; ++i) {
            const auto n = s.counts[i].load(relaxed);
            to.counts[i] += n;
            to.total += n;
        }
        to.failed += s.failed.load(relaxed);
        to.slow += s.slow.load(relaxed);
    }
}

std::optional<double> baseline_p99_ms(const std::vector<std::unique_ptr<latency_window>>& windows,
                                      latency_window::clock::time_point now) {
    constexpr std::uint64_t enough_requests = 10;
    constexpr std::size_t enough_slots = 6;
    std::vector<double> each;
    for (int n = 0; n < latency_window::baseline_slots; ++n) {
        latency_summary slot;
        for (const auto& w : windows) w->add_baseline_slot(now, n, slot);
        if (slot.total >= enough_requests) each.push_back(*slot.quantile_ms(0.99));
    }
    if (each.size() < enough_slots) return std::nullopt;
    const auto middle = each.begin() + static_cast<std::ptrdiff_t>(each.size() / 2);
    std::nth_element(each.begin(), middle, each.end());
    return *middle;
}

}  // namespace mita
