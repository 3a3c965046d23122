// Reads the settings again while the service runs: on SIGHUP and when asked to (`mita-x reload`). What may change at
// once is put in force, what needs a restart is named and stays; anything wrong, and all stays. One per process, on
// worker 0; made by serve before the workers run.
#pragma once

#include "core/config.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"

#include <boost/asio/signal_set.hpp>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mita {

class settings_reload {
public:
    // Makes the service's settings of what was read anew, and gives what puts them in force. Both may throw: then
    // nothing has changed.
    using reader = std::function<std::function<void()>(config& anew)>;
    // in_force: as read at the start. at_once: the names (literals) of what `reader` puts in force. shown: what tells
    // /health, too, what is in force.
    settings_reload(config& in_force, std::vector<std::string_view> at_once, reader read, vitals& shown, runtime& rt,
                    logger& log, metrics::registry& metrics, const std::string& service);

    struct outcome {
        std::vector<std::string> applied, after_restart;  // names of changed settings
    };
    outcome now(const char* why);  // throws what the reader threw, config_error for one, once it has logged it

private:
    using secrets = std::map<std::string, secret>;
    static secrets secrets_of(config& read);
    static awaitable<void> heed_hangups(settings_reload* self);
    outcome read_and_apply();
    std::vector<setting> in_force_;
    secrets secrets_;
    asio::basic_signal_set<executor> hangups_;
    const std::vector<std::string_view> at_once_;
    const reader read_;
    vitals& shown_;
    logger& log_;
    metrics::counter &good_, &failed_;
};

}  // namespace mita
