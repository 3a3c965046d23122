// How a session reads request bodies.
#include "http/session_body.hpp"

#include "http/problem.hpp"

#include <algorithm>
#include <utility>

namespace mita::http {

session::body_reader::body_reader(session& s, std::uint64_t limit)
    : s_(s), limit_(limit), left_(s.x_->req.content_length.value_or(0)), done_(!s.x_->req.has_body) {}

awaitable<std::string_view> session::body_reader::next(deadline d) {
    std::string_view piece;
    while (piece.empty() && !done_) {
        piece = take();
        if (!piece.empty() || done_) break;
        const auto patience = std::min(d.remaining(), s_.core_->options.body_timeout);
        co_await fill(s_.core_->ticks(patience));
    }
    co_return piece;
}

// What is there already; empty: more must be read, or done_.
std::string_view session::body_reader::take() {
    exchange& x = *s_.x_;
    const bool held = fresh_.empty();
    const std::string_view raw = held ? s_.in_.view().substr(s_.next_) : fresh_;
    if (x.req.chunked) {
        x.body.clear();
        std::size_t used = 0;
        const chunk_state state = x.reader.feed(raw, used, x.body, limit_);
        if (state == chunk_state::bad) fail(result::malformed);
        if (state == chunk_state::too_large) fail(result::too_large);
        done_ = state == chunk_state::done;
        if (held) s_.next_ += used;
        if (!held && done_) s_.keep_behind(raw, used);
        fresh_ = {};
        return x.body;
    }
    const std::string_view piece = raw.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), left_)));
    if (held) s_.next_ += piece.size();
    fresh_ = {};
    left_ -= piece.size();
    done_ = left_ == 0;
    return piece;
}

awaitable<void> session::body_reader::fill(std::uint32_t until) {
    constexpr std::size_t window = 64 << 10;
    exchange& x = *s_.x_;
    if (x.expect_continue) {
        co_await s_.go_on();
    }
    char* to = nullptr;
    std::size_t room = s_.in_.room();
    if (x.req.chunked) {
        to = s_.in_.space(room);
    } else {
        if (x.big == nullptr) x.big = std::make_unique_for_overwrite<char[]>(window);
        to = x.big.get();
        room = static_cast<std::size_t>(std::min<std::uint64_t>(window, left_));
    }
    std::size_t got = 0;
    const result r = co_await s_.read_some(phase::body, until, to, room, got);
    if (r != result::good) fail(r);
    fresh_ = std::string_view(to, got);
}

void session::body_reader::fail(result r) {
    if (r == result::malformed) s_.core_->exchanges.malformed("R6");
    throw fault_of(r);
}

api_error session::fault_of(result r) {
    switch (r) {
        case result::too_large:
            return api_error(413, "payload_too_large", "The body is larger than allowed");
        case result::timed_out:
            return api_error(408, "request_timeout", "The body came too slowly");
        case result::malformed:
            return api_error(400, "malformed_request", "The chunks of the body are malformed");
        case result::good:
        case result::closed:
            break;
    }
    return api_error(400, "incomplete_body", "The connection ended before the body did");
}

// After admit() and the limits (R11).
awaitable<bool> session::go_on() {
    x_->expect_continue = false;
    x_->interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const bool sent = co_await write();
    co_return sent;
}

// Bytes were read behind what in_ holds; from `used` on they belong to the next message.
void session::keep_behind(std::string_view fresh, std::size_t used) {
    in_.commit(fresh.size());
    next_ = in_.size() - (fresh.size() - used);
}

awaitable<session::result> session::read_body(std::uint64_t limit) {
    exchange& x = *x_;
    const std::size_t have = in_.size() - x.head_size;
    const bool whole = !x.req.chunked && have >= *x.req.content_length;
    if (x.expect_continue && have == 0) {
        const bool sent = co_await go_on();
        if (!sent) co_return result::closed;
    }
    x.expect_continue = false;
    const std::uint32_t until = whole ? 0 : core_->ticks(core_->options.body_timeout);
    result r = result::good;
    if (x.req.chunked) {
        r = co_await read_chunks(limit, until);
    } else {
        r = co_await read_length(*x.req.content_length, until);
    }
    body_done_ = r == result::good;
    co_return r;
}

// Behind its head when it fits there, else in a buffer of its exact size: pages that no byte reaches cost nothing.
awaitable<session::result> session::read_length(std::uint64_t length, std::uint32_t until) {
    exchange& x = *x_;
    const auto size = static_cast<std::size_t>(length);
    std::size_t have = std::min(in_.size() - x.head_size, size);
    std::size_t got = 0;
    if (size - have <= in_.room()) {
        while (in_.size() - x.head_size < size) {
            char* const to = in_.space(in_.room());
            const result r = co_await read_some(phase::body, until, to, in_.room(), got);
            if (r != result::good) co_return r;
            in_.commit(got);
        }
        x.req.body = in_.view().substr(x.head_size, size);
        next_ = x.head_size + size;
        co_return result::good;
    }
    x.big = std::make_unique_for_overwrite<char[]>(size);
    in_.view().copy(x.big.get(), have, x.head_size);
    next_ = in_.size();
    while (have < size) {
        const result r = co_await read_some(phase::body, until, x.big.get() + have, size - have, got);
        if (r != result::good) co_return r;
        have += got;
    }
    x.req.body = std::string_view(x.big.get(), size);
    co_return result::good;
}

awaitable<session::result> session::read_chunks(std::uint64_t limit, std::uint32_t until) {
    exchange& x = *x_;
    std::string_view raw = in_.view().substr(x.head_size), fresh;
    for (;;) {
        std::size_t used = 0;
        const chunk_state state = x.reader.feed(raw, used, x.body, limit);
        if (state == chunk_state::bad) co_return result::malformed;
        if (state == chunk_state::too_large) co_return result::too_large;
        if (state == chunk_state::done) {
            x.req.body = x.body;
            next_ = x.head_size + used;
            if (fresh.data() != nullptr) keep_behind(fresh, used);
            co_return result::good;
        }
        char* const to = in_.space(in_.room());
        std::size_t got = 0;
        const result r = co_await read_some(phase::body, until, to, in_.room(), got);
        if (r != result::good) co_return r;
        raw = fresh = std::string_view(to, got);
    }
}

// After the answer: nothing points into in_ any more.
awaitable<bool> session::discard_body() {
    exchange& x = *x_;
    std::uint64_t left = *x.req.content_length - (in_.size() - x.head_size);
    next_ = in_.size();
    char* const to = in_.space(in_.room());
    const std::uint32_t until = core_->ticks(core_->options.body_timeout);
    while (left > 0) {
        std::size_t got = 0;
        const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(in_.room(), left));
        const result r = co_await read_some(phase::discard, until, to, most, got);
        if (r != result::good) co_return false;
        left -= got;
    }
    co_return true;
}

void session::refuse_body(result r) {
    if (r == result::malformed) core_->exchanges.malformed("R6");
    std::string lines = std::move(x_->res.head_block);  // what admit() said about CORS and limits stands
    write_problem(x_->res, x_->req, fault_of(r));
    if (core_->words != nullptr) core_->words->add_to(x_->res, x_->req);
    x_->res.head_block = std::move(lines);
    x_->res.close = true;
}

}  // namespace mita::http
