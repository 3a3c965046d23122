#include "gateway/certificate.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <exception>
#include <utility>

namespace mita::gateway {

namespace {

metrics::counter& reloads_counted(metrics::registry& r, const char* result) {
    return r.make_counter("mita_gateway_certificate_reloads_total", "How often the certificate was read again.",
                          {{"result", result}});
}

}  // namespace

certificate::certificate(http::tls_identity::files from, runtime& rt, logger& log, metrics::registry& metrics)
    : identity_(std::move(from)),
      log_(log),
      good_(reloads_counted(metrics, "good")),
      failed_(reloads_counted(metrics, "failed")) {
    metrics.callback("mita_gateway_certificate_expires_seconds", "When the certificate ends, in Unix time.", "gauge",
                     {},
                     [this] { return std::chrono::duration<double>(identity_.expires().time_since_epoch()).count(); });
    rt.every(0, "certificate", std::chrono::seconds(2), [this]() -> awaitable<void> {
        look();
        co_return;
    });
}

void certificate::reload() {
    try {
        identity_.reload();
    } catch (...) {
        failed_.add();
        throw;
    }
    good_.add();
}

void certificate::look() {
    if (!identity_.changed()) return;
    constexpr const char* why = "the certificate's files have changed";
    try {
        reload();
        log_.info("reloaded").with("why", why);
    } catch (const std::exception& e) {  // the old one stays
        log_.error("reload_failed").with("why", why).with("reason", e.what());
    }
}

}  // namespace mita::gateway
