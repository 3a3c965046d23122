// A service behind the gateway, as a value: where it is, how it fares, what was sent to it. `upstream_state` is one per
// process, `upstream` one per worker, with connections of its own. Used by the pass, the probe and the health report.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "http/client.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace mita::gateway {

struct upstream_place {
    const char* name;  // a literal: label of metrics, member of /health
    config::endpoint outside, inside;
    unsigned connections;  // at most, per worker
};

struct instance_seen {
    std::string address, status;  // host:port; of its /health, or unreachable
};

// What the last probe said. Any thread; one writer.
class upstream_state {
public:
    bool ready() const { return ready_; }
    std::string status() const;  // of all instances
    std::vector<instance_seen> instances() const;
    // True when `ready` changed.
    bool set(bool ready, std::string status, std::vector<instance_seen> instances);

private:
    std::atomic<bool> ready_{false};
    mutable std::mutex mutex_;
    std::string status_ = "unreachable";
    std::vector<instance_seen> instances_;
};

class upstream {
public:
    upstream(executor ex, const upstream_place& at, upstream_state& shared, logger& log, metrics::registry& metrics);

    void answered(std::chrono::steady_clock::duration took);
    void failed() { failed_.add(); }
    awaitable<void> close(deadline d);

    const char* const name;
    upstream_state& state;
    http::client outside;  // what people ask for
    http::client inside;   // the internal listener
    const config::endpoint inside_at;

private:
    metrics::counter &answered_, &failed_;
    metrics::histogram& time_;
};

}  // namespace mita::gateway
