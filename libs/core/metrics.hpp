// Counters, gauges and histograms with text exposition (Prometheus 0.0.4, OpenMetrics by Accept).
// Each call of registry.counter(...) gives a cell of its own (one per worker): the owner adds without contention, the
// scrape sums the cells of one name and label set. Cells live as long as the registry. Base units: seconds, bytes,
// _total. However many label sets are asked for, a scrape stays bounded.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::metrics {

using labels = std::vector<std::pair<std::string, std::string>>;

// Any thread may read; adding from several threads is safe too (relaxed atomic), only slower.
class counter {
public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

class gauge {
public:
    void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
    void add(std::int64_t v) { value_.fetch_add(v, std::memory_order_relaxed); }
    std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

// One observation of a bucket, with the trace in which it was made.
struct exemplar {
    std::array<char, 32> trace_id;  // hex digits
    double value;
    std::chrono::steady_clock::time_point at;
};

class histogram {
public:
    // exemplars: each bucket keeps its last one.
    explicit histogram(std::span<const double> upper_bounds, bool exemplars = false);
    void observe(double v);
    // The owner only. trace_id: 32 hex digits; anything else leaves no exemplar.
    void observe(double v, std::string_view trace_id, std::chrono::steady_clock::time_point at);
    std::vector<std::uint64_t> buckets() const;  // not cumulative, last = above all bounds
    double sum() const;
    std::span<const double> bounds() const { return bounds_; }
    std::optional<exemplar> last(std::size_t bucket) const;  // any thread; nullopt while it is being written, too

private:
    // A reader that sees the same even version before and after has read one exemplar. Words are stored with release
    // and loaded with acquire, so that none is seen without the odd version before it.
    struct kept {
        std::atomic<std::uint64_t> version{0};
        std::array<std::atomic<std::uint64_t>, 4> id{};
        std::atomic<double> value{0};
        std::atomic<std::chrono::steady_clock::time_point> at{};
    };
    std::size_t count(double v);

    std::vector<double> bounds_;
    std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
    std::unique_ptr<kept[]> exemplars_;
    std::atomic<double> sum_{0};
};

// 0.5 ms ... 10 s, the bounds of OpenTelemetry's http.server.request.duration with finer lows.
extern const std::span<const double> duration_bounds;

// The q-quantile (0..1) of bucket counts by linear interpolation; 0 when empty. For /health's p50, p95, p99.
double quantile(std::span<const double> bounds, std::span<const std::uint64_t> buckets, double q);

class registry {
public:
    // most_series: the lines of a scrape without HELP and TYPE. Near it (5 %) further label sets of a metric are
    // counted together in one, {overflow="true"}: sums stay right, and who made a label of something unbounded sees it.
    explicit registry(std::size_t most_series = 2000);
    ~registry();
    registry(const registry&) = delete;
    registry& operator=(const registry&) = delete;

    // Counters, and only they, end in _total. A wrong name, or one used with another type or bounds, throws
    // std::logic_error.
    counter& make_counter(std::string name, std::string help, labels l = {});
    gauge& make_gauge(std::string name, std::string help, labels l = {});
    histogram& make_histogram(std::string name, std::string help, labels l = {},
                              std::span<const double> bounds = duration_bounds, bool exemplars = false);
    // Evaluated at scrape, summed with the others of its label set; type "counter", "gauge" or "info". The callback
    // must be thread-safe and quick, must not call the registry, and outlive the registry's users.
    void callback(std::string name, std::string help, std::string type, labels l, std::function<double()> read);

    // OpenMetrics has exemplars besides.
    std::string expose(bool open_metrics = false) const;
    std::size_t series() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// process_cpu_seconds_total, process_resident_memory_bytes, process_open_fds, process_max_fds,
// process_start_time_seconds, mita_build_info{service,version,commit}.
void register_process(registry& r, std::string service, std::string version, std::string commit);
std::int64_t resident_bytes();

}  // namespace mita::metrics
