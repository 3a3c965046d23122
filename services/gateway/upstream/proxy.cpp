#include "gateway/upstream/proxy.hpp"

#include "core/error.hpp"
#include "gateway/upstream/hop_headers.hpp"
#include "http/attempt.hpp"
#include "http/connection_wait.hpp"
#include "http/unreachable.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

namespace mita::gateway {

namespace {

void pass_on(const http::client_response& answer, http::response& res) {
    res.status = answer.status;
    res.content_type = {};  // the upstream's own line passes with the others
    copy_answer_headers(res, answer.headers);
    res.body.assign(answer.body);
}

// Says how long it lived: what was waited in vain is told, too.
struct timed {
    explicit timed(std::int64_t& to) : us(to) {}
    ~timed() { us = std::chrono::duration_cast<std::chrono::microseconds>(deadline::clock::now() - begun).count(); }
    timed(const timed&) = delete;
    timed& operator=(const timed&) = delete;
    std::int64_t& us;
    const deadline::clock::time_point begun = deadline::clock::now();
};

void tell_wait(const http::request& req, std::chrono::microseconds waited) {
    if (waited.count() == 0) return;  // almost always
    if (auto* const to = dynamic_cast<http::connection_wait*>(req.from); to != nullptr) to->waited(waited);
}

bool repeatable(http::verb v) { return v != http::verb::post && v != http::verb::patch; }  // RFC 9110 9.2.2

// Whom to ask after that, the attempt of this number; throws its fault when nobody may be.
errand instead(upstream& to, const http::request& req, const instance& failed, const http::attempt& tried,
               unsigned number, bool may_repeat) {
    if (tried.its_own) to.note_failure(failed);
    const bool again = number < http::most_attempts && !tried.over && (may_repeat || !tried.sent);
    errand other = to.instead_of(failed, req.who.get(), again, tried.sent);
    if (!other) std::rethrow_exception(tried.fault);
    return other;
}

}  // namespace

std::unique_ptr<proxy::scratch> proxy::take() {
    if (free_.empty()) return std::make_unique<scratch>();
    auto out = std::move(free_.back());
    free_.pop_back();
    return out;
}

void proxy::give_back(std::unique_ptr<scratch> s) {
    constexpr std::size_t kept = 64, largest = 256 << 10;
    if (free_.size() < kept && s->answer.buffer.capacity() <= largest) free_.push_back(std::move(s));
}

// Whom to ask first.
awaitable<errand> proxy::first_of(upstream& to, const http::request& req) {
    errand on = to.choose(req.who.get());
    if (!on && to.all().empty()) {  // its name was not looked up yet, or nobody knew it
        co_await to.look_up(req.until.capped(std::chrono::seconds(1)));
        on = to.choose(req.who.get());
    }
    co_return on;
}

awaitable<void> proxy::forward(http::request& req, http::response& res, upstream& to, bool keyed) {
    const timed whole(req.upstream_us);
    auto s = take();
    write_upstream_head(s->head, req, req.body.size());
    const auto method = req.method == http::verb::head ? http::verb::get : req.method;
    const bool once = keyed && req.headers.find("Idempotency-Key") != nullptr;
    errand on = co_await first_of(to, req);
    // The upstream is told when our client leaves, and decides itself what is not worth beginning any more.
    const http::gone_watch watch(req, [&on, &answer = s->answer] { on->at.half_close(answer); });
    for (unsigned number = 1;; ++number) {
        if (!on) throw http::unreachable("no instance can be asked");
        http::attempt tried;
        const auto begun = deadline::clock::now();
        try {
            co_await on->at.exchange(s->head, req.body, method, once, s->answer, req.until);
        } catch (...) {
            tried = http::failure_of(std::current_exception(), begun);
        }
        tell_wait(req, http::client_flight::take_wait(on->at, s->answer));
        if (!tried.fault) break;
        on = instead(to, req, *on, tried, number, once || repeatable(method));
    }
    on->known->succeeded();
    pass_on(s->answer, res);
    give_back(std::move(s));
}

awaitable<void> proxy::forward_stream(http::request& req, http::response& res, upstream& to,
                                      std::unique_ptr<stream_place> place, std::chrono::milliseconds silence) {
    const timed whole(req.upstream_us);
    auto s = take();
    write_upstream_head(s->head, req, 0);
    errand on = co_await first_of(to, req);
    std::unique_ptr<http::client_stream> stream;
    for (unsigned number = 1;; ++number) {
        if (!on) throw http::unreachable("no instance can be asked");
        http::attempt tried;
        const auto begun = deadline::clock::now();
        try {
            stream = co_await on->streams.open(s->head, s->answer, req.until);
        } catch (...) {
            tried = http::failure_of(std::current_exception(), begun);
        }
        if (!tried.fault) break;
        on = instead(to, req, *on, tried, number, true);
    }
    on->known->succeeded();
    pass_on(s->answer, res);
    give_back(std::move(s));
    if (stream == nullptr) co_return;
    res.stream = std::make_unique<relayed_stream>(req, std::move(stream), on.kept(), std::move(place), silence);
}

void proxy::join(const http::request& req, companions& with) {
    auto s = take();
    write_upstream_head(s->head, req, 0);
    with.flight.add(s->head, req.span_id);
    give_back(std::move(s));
}

awaitable<void> proxy::forward(http::request& req, http::response& res, companions& with) {
    const timed whole(req.upstream_us);
    auto s = take();
    const http::gone_watch watch(req, [&with] { with.flight.half_close(); });
    for (unsigned number = 1;; ++number) {
        http::attempt tried;
        const auto begun = deadline::clock::now();
        try {
            co_await with.flight.next(s->answer, req.until);
        } catch (...) {
            tried = http::failure_of(std::current_exception(), begun);
        }
        tell_wait(req, with.flight.take_wait(s->answer));
        if (!tried.fault) break;
        with.on = instead(with.to, req, *with.on, tried, number, true);
        with.flight.again_at(with.on->at);
    }
    with.on->known->succeeded();
    pass_on(s->answer, res);
    give_back(std::move(s));
}

}  // namespace mita::gateway
