// What a session does where its server speaks TLS: everything else is the same code over either.
#include "http/session.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace mita::http {

namespace {

constexpr std::chrono::milliseconds handshake_time{5'000}, farewell_time{1'000};
constexpr unsigned most_handshakes = 128;  // in progress, per worker; beyond: the connection is closed

}  // namespace

awaitable<bool> session::shake_hands() {
    handshake_log& log = *core_->handshakes;
    if (log.now >= most_handshakes) {
        log.refused.add();
        co_return false;
    }
    ++log.now;
    log.in_progress.add(1);
    phase_ = phase::handshake;
    timed_out_ = false;
    expires_ = core_->ticks(handshake_time);
    error_code ec;
    co_await tls_->handshake(ec);
    expires_ = 0;
    --log.now;
    log.in_progress.add(-1);
    (!ec ? log.good : timed_out_ ? log.timed_out : log.failed).add();
    co_return !ec;
}

// As write(), for records.
awaitable<bool> session::write_packed() {
    exchange& x = *x_;
    in_a_row_ = 0;  // each record goes through the scheduler
    for (;;) {
        const bool early = !x.interim.empty();
        const asio::const_buffer interim(x.interim.data(), x.interim.size());
        const buffer_span left = early ? buffer_span(&interim, 1) : x.writer.left();
        if (left.empty()) co_return true;
        phase_ = phase::write;
        expires_ = core_->ticks(core_->options.write_timeout);
        error_code ec;
        const std::size_t n = co_await tls_->write_some(left, ec);
        expires_ = 0;
        if (ec) co_return false;
        x.bytes_out += n;
        if (!early) {
            x.writer.sent(n);
        } else {
            x.interim.remove_prefix(n);
            if (x.interim.empty()) co_return true;
        }
    }
}

// So that the client can tell an end from a cut (RFC 8446 6.1). Does nothing on a connection that is broken.
awaitable<void> session::say_goodbye() {
    phase_ = phase::linger;
    expires_ = core_->ticks(farewell_time);
    error_code ec;
    co_await tls_->shutdown(ec);
    expires_ = 0;
}

}  // namespace mita::http
