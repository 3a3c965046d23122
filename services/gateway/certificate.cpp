#include "gateway/certificate.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <csignal>
#include <exception>
#include <utility>

namespace mita::gateway {

namespace {

metrics::counter& counted(metrics::registry& r, const char* result) {
    return r.make_counter("mita_gateway_certificate_reloads_total", "How often the certificate was read again.",
                          {{"result", result}});
}

}  // namespace

certificate::certificate(http::tls_identity::files from, runtime& rt, logger& log, metrics::registry& metrics)
    : identity_(std::move(from)),
      hangups_(rt.at(0).get_executor(), SIGHUP),
      log_(log),
      good_(counted(metrics, "good")),
      failed_(counted(metrics, "failed")) {
    metrics.callback("mita_gateway_certificate_expires_seconds", "When the certificate ends, in Unix time.", "gauge",
                     {},
                     [this] { return std::chrono::duration<double>(identity_.expires().time_since_epoch()).count(); });
    rt.every(0, "certificate", std::chrono::seconds(2), [this]() -> awaitable<void> {
        look();
        co_return;
    });
    rt.spawn(0, "hangups", [this] { return heed_hangups(); });
    rt.on_stop(stop_stage::drain, 0, [this](deadline) -> awaitable<void> {
        hangups_.cancel();
        co_return;
    });
}

awaitable<void> certificate::heed_hangups() {
    for (;;) {
        error_code ec;
        co_await hangups_.async_wait(to(ec));
        if (ec) co_return;
        try_again("SIGHUP");
    }
}

void certificate::reload(const char* why) {
    try {
        identity_.reload();
    } catch (const std::exception& e) {
        failed_.add();
        log_.error("reload_failed").with("why", why).with("reason", e.what());
        throw;
    }
    good_.add();
    log_.info("reloaded").with("why", why);
}

void certificate::look() {
    if (identity_.changed()) try_again("the files have changed");
}

void certificate::try_again(const char* why) {
    try {
        reload(why);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Logged, and the old one stays.
    }
}

}  // namespace mita::gateway
