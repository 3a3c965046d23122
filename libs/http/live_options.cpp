#include "http/live_options.hpp"

#include <utility>

namespace mita::http {

live_options::values live_options::of(const common_settings& s) {
    return {s.request_timeout, s.trusted_peers, s.log_requests, {}, {}};
}

std::vector<std::string_view> live_options::names(const common_settings& s) {
    return {"MITA_LOG_REQUESTS", "MITA_REQUEST_TIMEOUT_MS", s.doors.trusted_name};
}

void live_options::publish(values now) {
    const std::scoped_lock lock(mutex_);
    values_ = std::move(now);
    generation_.fetch_add(1, std::memory_order_release);
}

live_options::values live_options::now() const {
    const std::scoped_lock lock(mutex_);
    return *values_;
}

}  // namespace mita::http
