// Keeps the certificate up to date: read again on SIGHUP, on `mita-gateway reload` and when its files have changed.
// What cannot be read leaves the old one in force, and is said in the log. On worker 0; made by serve.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "http/tls_identity.hpp"

#include <boost/asio/signal_set.hpp>

namespace mita::gateway {

class certificate {
public:
    certificate(http::tls_identity::files from, runtime& rt, logger& log, metrics::registry& metrics);
    const http::tls_identity& identity() const { return identity_; }
    void reload(const char* why);  // throws std::runtime_error, once it has logged it

private:
    void look();
    void try_again(const char* why);
    awaitable<void> heed_hangups();
    http::tls_identity identity_;
    asio::basic_signal_set<executor> hangups_;
    logger& log_;
    metrics::counter &good_, &failed_;
};

}  // namespace mita::gateway
