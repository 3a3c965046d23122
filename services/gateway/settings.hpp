// Everything the gateway is told by its environment, read once in main. `config` prints their names.
#pragma once

#include "core/settings.hpp"
#include "http/tls_identity.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::gateway {

struct settings : common_settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    std::vector<std::string> cors_origins;                                         // exact (R18)
    std::vector<config::endpoint> auth, auth_internal, finance, finance_internal;  // at least one of each
    secret ops_token;
    config::rate user, write, login, registration;
    std::size_t rate_table_bytes, token_cache_bytes;
    bool compress;
    std::chrono::milliseconds slow;  // from here on a request is in the log, with its parts
    std::optional<http::tls_identity::files> tls;
    std::uint16_t tls_port;
    bool tls_redirect;                     // the plain port answers by sending there
    std::size_t audit_queue;               // events that wait for auth at most
    std::chrono::milliseconds keep_alive;  // of idle clients: the edge in front must be the one that closes

private:
    void read_tls(config& from);
};

}  // namespace mita::gateway
