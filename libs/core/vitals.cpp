#include "core/vitals.hpp"

#include "core/build_info.hpp"

#include <utility>

namespace mita {

vitals::vitals(std::string service, const common_settings& s, std::vector<setting> shown, const runtime& rt,
               const logger& log, metrics::registry& metrics)
    : service_(std::move(service)), where_(s.where), shown_(std::move(shown)), rt_(rt) {
    metrics::register_process(metrics, service_, std::string(version()), std::string(commit()));
    metrics.callback("mita_" + service_ + "_event_loop_lag_seconds",
                     "How late the event loop that lags most comes to its timers.", "gauge", {},
                     [&rt] { return rt.lag_seconds(); });
    metrics.callback("mita_" + service_ + "_log_dropped_total", "Log lines dropped as nobody read them fast enough.",
                     "counter", {}, [&log] { return static_cast<double>(log.dropped()); });
}

latency_window& vitals::make_window() { return *windows_.emplace_back(std::make_unique<latency_window>()); }

void vitals::show(std::vector<setting> now) {
    const std::scoped_lock lock(mutex_);
    shown_ = std::move(now);
}

health_report vitals::report() {
    health_report r;
    r.service = service_;
    r.version = version();
    r.commit = commit();
    r.uptime_s = rt_.age().count();
    r.where = where_;
    {
        const std::scoped_lock lock(mutex_);
        r.settings = shown_;
    }
    const auto now = latency_window::clock::now();
    for (const auto& w : windows_) w->add_recent(now, r.requests);
    judge_requests(degradations, r, r.requests, baseline_p99_ms(windows_, now));
    judge_process(degradations, r, rt_.lag_seconds(), metrics::resident_bytes(), where_.memory_bytes);
    return r;
}

}  // namespace mita
