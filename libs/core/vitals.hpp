// What every service knows about itself: who it is, where it runs, how its requests went lately, since when it is
// degraded. One per process, owned by `shared`; read by /health on any thread.
#pragma once

#include "core/health.hpp"
#include "core/latency_window.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/settings.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mita {

class vitals {
public:
    // Registers what /metrics shows of any process: process_*, mita_build_info, mita_SERVICE_event_loop_lag_seconds,
    // mita_SERVICE_log_dropped_total.
    vitals(std::string service, const common_settings& s, std::vector<setting> shown, const runtime& rt,
           const logger& log, metrics::registry& metrics);

    // For the public server of each worker, before the workers run.
    latency_window& make_window();

    // The settings in force are these from now on. Any thread.
    void show(std::vector<setting> now);

    // The part of a report that is alike everywhere; the service adds its own and its judgements.
    health_report report();

    degradation_log degradations;

private:
    std::string service_;
    platform::limits where_;
    std::mutex mutex_;
    std::vector<setting> shown_;  // under mutex_
    const runtime& rt_;
    std::vector<std::unique_ptr<latency_window>> windows_;
};

}  // namespace mita
