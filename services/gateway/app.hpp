// Wiring of the gateway: `shared` is one per process and thread-safe, `app` one per worker with its own upstream pools.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/settings.hpp"
#include "http/client.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace mita::gateway {

struct app;

struct shared {
    shared(settings s, std::vector<setting> shown, runtime& rt, logger& to);

    settings set;
    runtime& loops;
    logger& log;
    metrics::registry metrics;
    vitals vital;
    jwt::revocations revoked;
    std::unique_ptr<jwt::validator> tokens;  // made in serve: its refetch needs a client
    rate_limiter limits;
    rate_policy user, write, login, registration;

    // What the last probes said (probe.cpp): one writer per service, on worker 0.
    struct upstream_state {
        std::atomic<bool> ready{false};
        std::mutex mutex;
        std::string status = "unreachable";  // of its /health
    } auth_state, finance_state;
    std::atomic<bool> fed{false};  // the revocation feed has answered once
};

struct app {
    app(shared& all, worker& on);

    // http::dispatcher's concept: the internal listener, whose routes are all open.
    awaitable<void> authenticate(http::request& req, http::access need);
    static std::optional<api_error> explain(const std::exception& e);

    bool ready() const;  // can every path be served?
    awaitable<health_report> health();

    shared& all;
    worker& on;
    http::client auth, finance, auth_inside, finance_inside;

    struct counters {
        explicit counters(metrics::registry& r);
        metrics::counter &no_route, &no_method, &unauthorized, &rate_limited, &unavailable;
        metrics::counter &allowed, &denied;
        metrics::counter &auth_ok, &auth_failed, &finance_ok, &finance_failed;
        metrics::histogram &auth_time, &finance_time;
    } count;
};

// Probes one service for /readyz, /health and the readiness log until the runtime stops; runs on worker 0 (probe.cpp).
awaitable<void> watch(app& a, bool auth);

}  // namespace mita::gateway
