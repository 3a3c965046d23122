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

// So that the client can tell an end from a cut (RFC 8446 6.1). Does nothing on a connection that is broken.
awaitable<void> session::say_goodbye() {
    phase_ = phase::linger;
    expires_ = core_->ticks(farewell_time);
    error_code ec;
    co_await tls_->shutdown(ec);
    expires_ = 0;
}

}  // namespace mita::http
