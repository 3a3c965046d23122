// Wiring of the gateway: `shared` is one per process and thread-safe, `app` one per worker with its own upstream pools.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"
#include "gateway/audit/audit_trail.hpp"
#include "gateway/limits/rate_limit.hpp"
#include "gateway/settings.hpp"
#include "gateway/upstream/upstream.hpp"
#include "http/live_options.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <vector>

namespace mita::gateway {

struct app;
class ops_data;
class certificate;

struct shared {
    shared(settings s, std::vector<setting> shown, runtime& rt, logger& to);
    ~shared();

    settings set;
    runtime& loops;
    logger& log;
    metrics::registry metrics;
    vitals vital;
    jwt::revocations revoked;
    std::unique_ptr<jwt::validator> tokens;  // made in serve: its refetch needs a client
    rate_limiter limits;
    audit_trail trail;
    std::atomic<std::size_t> streams{0};  // open

    upstream_state auth_state, finance_state;
    std::unique_ptr<certificate> shown;   // null: no TLS
    std::unique_ptr<ops_data> operators;  // made in serve: it asks the instances behind
    http::live_options options;           // of the servers, once settings were read again
};

struct app {
    app(shared& all, worker& on);

    // http::dispatcher's concept: the internal listener.
    awaitable<void> authenticate(http::request& req, http::access need);
    static std::optional<api_error> explain(const std::exception& e);

    bool ready() const;  // can every path be served?
    awaitable<health_report> health();

    shared& all;
    worker& on;
    live_settings live;
    upstream auth, finance;
    std::array<upstream*, 2> upstreams() { return {&auth, &finance}; }

    struct counters {
        explicit counters(metrics::registry& r);
        metrics::counter &no_route, &no_method, &unauthorized, &rate_limited, &unavailable;
        metrics::counter &allowed, &denied;
    } count;
};

}  // namespace mita::gateway
