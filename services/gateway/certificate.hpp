// Keeps the certificate up to date: read again with the settings, and when its files have changed.
// What cannot be read leaves the old one in force, and is said in the log. On worker 0; made by serve.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "http/tls_identity.hpp"

namespace mita::gateway {

class certificate {
public:
    certificate(http::tls_identity::files from, runtime& rt, logger& log, metrics::registry& metrics);
    const http::tls_identity& identity() const { return identity_; }
    void reload();  // throws std::runtime_error

private:
    void look();
    http::tls_identity identity_;
    logger& log_;
    metrics::counter &good_, &failed_;
};

}  // namespace mita::gateway
