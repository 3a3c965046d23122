// The body of GET /v1/events: the feed of one person, told as it grows, until the token ends, the service stops or the
// client leaves. It reads a page when something changed and the former one was taken, so that nothing piles up for a
// slow client. Made by handlers/events; ended and asked by the session.
#pragma once

#include "core/waiter.hpp"
#include "finance/event_app.hpp"
#include "finance/handlers/feed_reading.hpp"
#include "http/live_source.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

class event_stream final : public http::live_source, private stream_hub::listener {
public:
    // Throws as stream_places::take.
    event_stream(event_app& a, const http::request& req, std::string token, feed_cursor from);
    ~event_stream() override;
    event_stream(const event_stream&) = delete;
    event_stream& operator=(const event_stream&) = delete;

    // Reads the first page, so that what is wrong is an answer of its own. Throws as read_feed.
    awaitable<void> begin(deadline d);
    awaitable<std::string_view> next(deadline) override;
    void wind_up() override { end("restart"); }

private:
    using clock = deadline::clock;
    void look() override;
    void judge(std::int64_t now, bool revoked) override;
    awaitable<void> tell_more();
    void beat();
    awaitable<void> rest();
    void tell(const feed_reading& read);
    void end(std::string_view reason);
    void client_gone();
    void wake();

    event_app& a_;
    const uuid user_;
    const std::string token_;
    const std::int64_t expires_at_;
    const stream_places::place place_;
    feed_cursor at_;
    std::string text_;
    std::string_view reason_;  // to end; a literal
    std::optional<waiter> resting_;
    clock::time_point beat_, again_{};  // the next heartbeat; after a reading that failed, the next one
    unsigned probes_ = 0;               // heartbeats soon: is the client still there?
    bool stale_ = false, given_ = false, over_ = false;
    http::gone_watch left_;
};

}  // namespace mita::finance
