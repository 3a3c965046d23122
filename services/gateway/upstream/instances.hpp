// The instances behind a service's internal name: every address it resolves to, asked for its health each by itself.
// A name may change its addresses: they are looked up again every few seconds. The probe asks, /health and /ops tell.
// On one worker only.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "gateway/upstream/upstream.hpp"
#include "http/client.hpp"
#include "http/client_address.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mita::gateway {

class instances {
public:
    // service: a literal; at: as http::client_address takes it.
    instances(executor ex, const char* service, const std::string& at, logger& log, metrics::registry& metrics);

    const char* const service;

    struct one {
        std::string address;  // host:port
        std::shared_ptr<http::client> at;
        std::string status;  // of its /health, or unreachable
    };
    awaitable<void> ask(deadline d);  // all of them beside each other
    const std::vector<one>& all() const { return all_; }
    std::vector<instance_seen> seen() const;
    awaitable<void> close(deadline d);

private:
    awaitable<void> look_up(deadline d);
    void follow_addresses();

    executor ex_;
    logger& log_;
    metrics::registry& metrics_;
    http::client_address address_;
    std::chrono::steady_clock::time_point looked_up_{};
    std::vector<one> all_;
};

// What a service is as a whole: the one status of all its instances, else degraded; unreachable without any.
std::string status_of_all(const std::vector<instance_seen>& seen);

}  // namespace mita::gateway
