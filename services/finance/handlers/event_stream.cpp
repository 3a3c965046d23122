#include "finance/handlers/event_stream.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/events/event_text.hpp"
#include "finance/feed/feed_json.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;

constexpr int most_at_once = 50;
constexpr std::size_t most_kept = 512;  // of a buffer, while nothing changes
constexpr auto reading_time = 2s, pause_after_failure = 1s, probe_pause = 1s;
constexpr unsigned most_probes = 3, least_retry_ms = 1'000, retry_spread_ms = 2'000;

// So that not all who were sent away come back in one moment.
unsigned retry_of(const uuid& user) {
    return least_retry_ms + (user.bytes[14] * 256u + user.bytes[15]) % retry_spread_ms;
}

}  // namespace

event_stream::event_stream(event_app& a, const http::request& req, std::string token, feed_cursor from)
    : a_(a),
      user_(req.who->user_id),
      token_(std::move(token)),
      expires_at_(req.who->expires_at),
      place_(a.all.places.take(user_)),
      at_(std::move(from)),
      beat_(clock::now() + a.all.set.heartbeat),
      left_(req, [this] { client_gone(); }) {
    a_.hub.join(user_, *this);
}

event_stream::~event_stream() { a_.hub.leave(user_, *this); }

awaitable<void> event_stream::begin(deadline d) {
    const bool anew = at_.since < 0;
    const auto read = co_await read_feed(a_.base, user_, at_, most_at_once, d);
    text_ = hello_text(retry_of(user_));
    if (anew) {  // the last of them says where the reader is: behind them all
        const category_book built_in;
        const auto& entries = built_in.entries();
        const auto scope = feed_scope(user_);
        for (std::size_t i = 0; i < entries.size(); ++i) {
            json_out entry;
            append_built_in(entry, entries[i]);
            const bool last = i + 1 == entries.size();
            append_change(text_, last ? a_.base.all.cursors.seal(bytes_of(behind(at_, read, 0)), scope) : "",
                          entry.text);
        }
    }
    tell(read);
}

awaitable<std::string_view> event_stream::next(deadline) {
    if (std::exchange(given_, false)) {  // and taken
        text_.clear();
        if (text_.capacity() > most_kept) text_ = std::string();
    }
    while (!over_) {
        if (!reason_.empty()) {  // whoever may not read any more is told nothing else
            over_ = true;
            text_ = farewell_text(reason_, retry_of(user_));
        }
        if (!text_.empty()) break;
        const auto now = clock::now();
        if (stale_ && now >= again_) {
            co_await tell_more();
        } else if (now >= beat_) {
            beat();
        } else {
            co_await rest();
        }
    }
    given_ = true;
    beat_ = clock::now() + (probes_ > 0 ? probe_pause : a_.all.set.heartbeat);
    co_return text_;
}

// What cannot be read now is read later: who comes back meanwhile would not read it either.
awaitable<void> event_stream::tell_more() {
    std::optional<feed_reading> read;
    stale_ = false;
    try {
        read = co_await read_feed(a_.base, user_, at_, most_at_once, deadline::after(reading_time));
    } catch (const api_error& e) {
        if (e.status == 410) end("cursor_expired");
        if (e.status == 404) end("unauthorized");
    } catch (const std::exception&) {  // counted, and known by the pool's own log
        read.reset();
    }
    if (read) {
        tell(*read);
    } else if (reason_.empty()) {
        a_.all.failed_readings.add();
        stale_ = true;
        again_ = clock::now() + pause_after_failure;
    }
}

void event_stream::tell(const feed_reading& read) {
    const auto& items = read.page.items;
    const auto scope = feed_scope(user_);
    for (std::size_t i = 0; i < items.size(); ++i) {
        json_out entry;
        append(entry, items[i], user_, read.login);
        append_change(text_, a_.base.all.cursors.seal(bytes_of(behind(at_, read, i + 1)), scope), entry.text);
    }
    at_ = behind(at_, read, items.size());
    stale_ = stale_ || read.more;
}

// The token is looked at as well: whatever of revocations was not heard of is known by the next heartbeat.
void event_stream::beat() {
    text_ = heartbeat_text;
    if (probes_ > 0)
        --probes_;
    else if (a_.base.all.tokens->check_now(token_).result != jwt::verdict::ok)
        end("unauthorized");
}

awaitable<void> event_stream::rest() {
    resting_.emplace(a_.base.on.get_executor());
    const deadline until = deadline::at(stale_ ? std::min(beat_, again_) : beat_);
    co_await resting_->wait(until);
    resting_.reset();
}

void event_stream::look() {
    stale_ = true;
    wake();
}

void event_stream::judge(std::int64_t now, bool revoked) {
    const bool lets =
        now < expires_at_ && (!revoked || a_.base.all.tokens->check_now(token_).result == jwt::verdict::ok);
    if (!lets) end("unauthorized");
}

void event_stream::end(std::string_view reason) {
    if (reason_.empty()) reason_ = reason;
    wake();
}

// It may have ended its half only: what is sent now tells, as one that is gone refuses it.
void event_stream::client_gone() {
    probes_ = most_probes;
    beat_ = clock::now();
    wake();
}

void event_stream::wake() {
    if (resting_) resting_->notify();
}

}  // namespace mita::finance
