// Everything the gateway is told by its environment, read once in main. `config` prints their names.
#pragma once

#include "core/settings.hpp"
#include "gateway/limits/rate_limit.hpp"
#include "http/tls_identity.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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
    bool tls_redirect;    // the plain port answers by sending there
    std::string hsts;     // a header line; empty: none (RFC 6797)
    bool edge_tls;        // who stands in front speaks TLS to the world: the plain port says HSTS, too
    std::size_t streams;  // open at once
    std::chrono::milliseconds stream_silence;  // of a service, before its stream is given up
    std::size_t audit_queue;                   // events that wait for auth at most
    std::chrono::milliseconds keep_alive;      // of idle clients: the edge in front must be the one that closes

private:
    void read_tls(config& from);
    void read_hsts(config& from);
};

// What a reload changes of them, as one worker knows it.
struct live_settings {
    explicit live_settings(const settings& s);
    static std::vector<std::string_view> names();

    std::vector<std::string> cors_origins;
    rate_policy user, write, login, registration;
    secret ops_token;
    bool compress;
    std::string hsts_by_tls, hsts_plain;  // a header line, or empty
};

}  // namespace mita::gateway
