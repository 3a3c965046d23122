#include "gateway/upstream/upstream.hpp"

#include <utility>

namespace mita::gateway {

namespace {

constexpr unsigned inside_connections = 4;

http::client_options options(std::string name, const config::endpoint& where, unsigned connections) {
    http::client_options o;
    o.name = std::move(name);
    o.host = where.host;
    o.port = where.port;
    o.max_connections = connections;
    return o;
}

metrics::counter& forwarded(metrics::registry& r, const char* to, const char* outcome) {
    return r.make_counter("mita_gateway_upstream_requests_total", "Requests sent on, by upstream and outcome",
                          {{"upstream", to}, {"outcome", outcome}});
}

}  // namespace

std::string upstream_state::status() const {
    const std::scoped_lock lock(mutex_);
    return status_;
}

std::vector<instance_seen> upstream_state::instances() const {
    const std::scoped_lock lock(mutex_);
    return instances_;
}

bool upstream_state::set(bool ready, std::string status, std::vector<instance_seen> instances) {
    const std::scoped_lock lock(mutex_);
    status_ = std::move(status);
    instances_ = std::move(instances);
    return ready_.exchange(ready) != ready;
}

upstream::upstream(executor ex, const upstream_place& at, upstream_state& shared, logger& log,
                   metrics::registry& metrics)
    : name(at.name),
      state(shared),
      outside(ex, options(at.name, at.outside, at.connections), log, metrics),
      inside(ex, options(at.name + std::string("_internal"), at.inside, inside_connections), log, metrics),
      inside_at(at.inside),
      answered_(forwarded(metrics, at.name, "answered")),
      failed_(forwarded(metrics, at.name, "failed")),
      time_(metrics.make_histogram("mita_gateway_upstream_duration_seconds", "Time of an upstream's answer",
                                   {{"upstream", at.name}})) {}

void upstream::answered(std::chrono::steady_clock::duration took) {
    answered_.add();
    time_.observe(std::chrono::duration<double>(took).count());
}

awaitable<void> upstream::close(deadline d) {
    co_await outside.close(d);
    co_await inside.close(d);
}

}  // namespace mita::gateway
