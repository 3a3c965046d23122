// What a client and the flights over it share. Internal to libs/http.
#pragma once

#include "http/client.hpp"
#include "http/client_pool.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace mita::http {

struct client_core {
    client_core(executor ex, client_options o, metrics::registry& r);

    const client_options options;
    metrics::counter& retries_total;
    metrics::counter& failures_total;
    const std::shared_ptr<client_pool> pool;
    // How long exchanges waited for a connection, by what their answers are read into, until somebody asks.
    std::vector<std::pair<const client_response*, std::chrono::microseconds>> waits;
    bool names_answers = false;  // the upstream, when it was asked to last (http/client_flight.hpp)

    // A connection for an exchange that is read into `out`; as client_pool::acquire.
    static awaitable<connection_ptr> acquire(std::shared_ptr<client_core> core, const client_response& out, deadline d,
                                             bool fresh);
    std::chrono::microseconds take_wait(const client_response& of);
    // Counts and throws what the end of an exchange means; `before`: no byte of an answer had come.
    [[noreturn]] void fail(client_connection::outcome o, bool before);
};

}  // namespace mita::http
