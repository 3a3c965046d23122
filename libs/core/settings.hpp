// What every service is told alike, read once: environment, log, workers, doors, limits, tokens, clock. Each service's
// settings begin with it and add their own. `config` prints their names.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/platform.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mita {

// Where a service listens, and whose forwarding headers it believes: the names of the settings and their defaults.
struct door_settings {
    const char* port_name;
    std::int64_t port;
    const char* internal_port_name;
    std::int64_t internal_port;
    const char *listen_name = "MITA_LISTEN", *listen = "127.0.0.1";
    const char* internal_listen_name = "MITA_INTERNAL_LISTEN";
    const char *trusted_name = "MITA_TRUSTED_PEERS", *trusted = "127.0.0.0/8,::1/128";
    std::string port_source = "default";
};

// MITA_ENV=test
bool is_testing(config& from);

struct common_settings {
    // Wrong values are recorded in `from`.
    common_settings(config& from, const door_settings& doors);
    // Last: throws config_error with every wrong setting, then starts the clock of a test.
    void finish(config& from);

    const door_settings doors;
    platform::limits where;
    platform::derived derived;
    bool testing;
    log_level level;
    bool log_requests;
    unsigned workers, max_connections, malloc_arenas;
    std::string listen, internal_listen;
    std::uint16_t port, internal_port;
    std::vector<std::string> trusted_peers;
    std::chrono::milliseconds drain, request_timeout;

    secret internal_token;         // MITA_INTERNAL_TOKEN: between the services
    std::string issuer, audience;  // of access tokens
    std::chrono::seconds access_ttl;

private:
    void read_clock(config& from);
    std::string clock_start_, clock_file_;
};

// At the start of a service: a line `setting_unknown` for each misspelt setting. Once all settings are read.
void log_misspellings(const config& from, logger& log);

// `mita-x config`: every setting on stdout, the wrong ones too, and the misspelt ones on stderr; then throws
// config_error when there are wrong ones. `read` makes the service's settings.
void show_config(config& from, void (*read)(config& from));

template <class Settings>
int show_config(config& from) {
    show_config(from, [](config& c) { const Settings all(c); });
    return 0;
}

}  // namespace mita
