// Everything the auth service is told by its environment, read once in main. Names: OPERATIONS.md.
#pragma once

#include "auth/hashing/pool.hpp"
#include "auth/hashing/stored_hash.hpp"
#include "core/config.hpp"
#include "core/log.hpp"
#include "core/platform.hpp"
#include "db/settings.hpp"
#include "jwt/keys.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mita::auth {

struct settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    platform::limits where;
    platform::derived derived;
    std::string environment;
    log_level level;
    bool log_requests;
    unsigned workers;
    std::string listen, internal_listen;
    std::uint16_t port, internal_port;
    std::vector<std::string> trusted_peers;
    std::chrono::milliseconds drain, request_timeout;

    db::settings database;

    secret master;          // MITA_AUTH_SECRET
    secret internal_token;  // MITA_INTERNAL_TOKEN

    std::string issuer, audience;
    std::chrono::seconds access_ttl, refresh_idle, refresh_absolute;
    jwt::algorithm key_algorithm;
    unsigned max_sessions;

    hashing::policy passwords;
    hashing::pool_options hashing;
    std::chrono::milliseconds login_budget;  // what a login may take in the queue and hashing together
};

}  // namespace mita::auth
