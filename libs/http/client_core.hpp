// What a client and the flights over it share. Internal to libs/http.
#pragma once

#include "http/client.hpp"
#include "http/client_pool.hpp"

#include <memory>

namespace mita::http {

struct client_core {
    client_core(executor ex, client_options o, logger& log, metrics::registry& r);

    const client_options options;
    metrics::counter& retries_total;
    metrics::counter& failures_total;
    const std::shared_ptr<client_pool> pool;
    bool names_answers = false;  // the upstream, when it was asked to last (http/client_flight.hpp)

    // Counts and throws what the end of an exchange means; `before`: no byte of an answer had come.
    [[noreturn]] void fail(client_connection::outcome o, bool before);
};

}  // namespace mita::http
