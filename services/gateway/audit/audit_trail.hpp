// What may have changed something: who asked for what, from where, with what result; no body, no query. A bounded queue
// in memory that a job sends to auth in batches, so that no request waits for it; auth keeps each event once, by its
// id, however often it is sent (A2). While auth is away the queue waits; what does not fit is counted, and degrades.
// One per process; note() from any thread.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/secret.hpp"
#include "gateway/routes.hpp"
#include "http/client.hpp"

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace mita::gateway {

class audit_trail {
public:
    audit_trail(metrics::registry& r, logger& log, std::size_t most);

    void note(const http::request& req, const gateway_route& of, unsigned status);
    // Sends all that is queued. One at a time. Throws as http::sender, std::runtime_error when auth does not take it:
    // what was not taken stays queued.
    awaitable<void> flush(http::sender& auth, const secret& internal_token, deadline d);
    std::size_t waiting() const;
    bool full() const;  // something was dropped since the last batch that was taken

private:
    struct event {
        uuid id;
        wall::time_point at;
        std::string_view action, result;  // literals
        std::optional<uuid> actor;
        std::string ip, user_agent, request_id;
    };
    static void append(std::string& out, const event& e);
    std::string next_batch(std::size_t& events) const;
    void taken(std::size_t events, metrics::counter& as);

    logger& log_;
    const std::size_t most_;
    metrics::counter &sent_, &refused_, &dropped_;
    mutable std::mutex mutex_;
    std::deque<event> queue_;
    bool full_ = false;
};

}  // namespace mita::gateway
