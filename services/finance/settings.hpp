// Everything the finance service is told by its environment, read once in main. Names: OPERATIONS.md.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/platform.hpp"
#include "db/settings.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace mita::finance {

struct settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    platform::limits where;
    platform::derived derived;
    log_level level;
    bool log_requests;
    unsigned workers;
    std::string listen, internal_listen;
    std::uint16_t port, internal_port;
    std::vector<std::string> trusted_peers;
    std::chrono::milliseconds drain, request_timeout;

    db::settings database;
    std::string auth_host;  // of auth's internal listener
    std::uint16_t auth_port;

    secret cursor_secret;   // MITA_FINANCE_SECRET
    secret internal_token;  // MITA_INTERNAL_TOKEN

    std::string issuer, audience;
    std::int64_t access_ttl_s;
    std::size_t token_cache_bytes, user_cache_bytes, ledger_cache_bytes, page_cache_bytes;
};

}  // namespace mita::finance
