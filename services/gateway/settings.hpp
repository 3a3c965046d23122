// Everything the gateway is told by its environment, read once in main. Names: OPERATIONS.md.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/platform.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mita::gateway {

struct endpoint {
    std::string host;
    std::uint16_t port = 0;
};
// "http://host:port"; a problem is recorded for anything else.
endpoint parse_endpoint(config& from, const std::string& name, const std::string& fallback);

struct settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    platform::limits where;
    platform::derived derived;
    log_level level;
    bool log_requests;
    unsigned workers;
    std::string listen, internal_listen;
    std::uint16_t port, internal_port;
    std::chrono::milliseconds drain, request_timeout;
    std::vector<std::string> trusted_proxies;  // whose X-Forwarded-For counts (L5)
    std::vector<std::string> cors_origins;     // exact (R18)

    endpoint auth, auth_internal, finance, finance_internal;
    std::string issuer, audience;
    std::int64_t access_ttl_s;
    secret internal_token, ops_token;
    config::rate user, write, login, registration;
    std::size_t rate_table_bytes, token_cache_bytes;
};

}  // namespace mita::gateway
