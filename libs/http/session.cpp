#include "http/session.hpp"

#include "core/clock.hpp"
#include "http/problem.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <charconv>
#include <utility>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t most_discarded = 64 << 10;  // of a refused request's body, to keep its connection
constexpr std::size_t most_lingered = 1 << 20;
constexpr std::chrono::milliseconds linger_time{1'000};
constexpr std::chrono::milliseconds fresh_time{1'000};  // for the first request of a connection accepted while draining
constexpr std::size_t least_room = 1 << 10;             // behind a head whose body is still to come
constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

std::string text_of(const asio::ip::address& a) {
    if (a.is_v6() && a.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6()).to_string();
    return a.to_string();
}

std::string what_of(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "unknown exception";
    }
}

}  // namespace

void exchange::clear() {
    req.clear();
    res.clear();
    body.clear();
    if (body.capacity() > (64u << 10)) body = std::string();
    big.reset();
    reader.reset();
    error = head_error();
    head_size = 0;
    keep_alive = expect_continue = false;
}

// A streamed request body: pieces of a Content-Length body as they lie in a buffer, of a chunked one decoded.
class session::body_reader final : public body_source {
public:
    body_reader(session& s, std::uint64_t limit)
        : s_(s), limit_(limit), left_(s.x_->req.content_length.value_or(0)), done_(!s.x_->req.has_body) {}

    awaitable<std::string_view> next(deadline d) override {
        std::string_view piece;
        while (piece.empty() && !done_) {
            piece = take();
            if (!piece.empty() || done_) break;
            const auto patience = std::min(d.remaining(), s_.core_->options.body_timeout);
            co_await fill(s_.core_->ticks(patience));
        }
        co_return piece;
    }
    bool done() const { return done_; }

private:
    // What is there already; empty: more must be read, or done_.
    std::string_view take() {
        exchange& x = *s_.x_;
        const std::string_view raw = s_.in_.view().substr(s_.next_);
        if (x.req.chunked) {
            x.body.clear();
            std::size_t used = 0;
            const auto state = decoder_.feed(raw, used, x.body, limit_);
            s_.next_ += used;
            if (state == chunk_decoder::state::bad) fail(result::malformed);
            if (state == chunk_decoder::state::too_large) fail(result::too_large);
            done_ = state == chunk_decoder::state::done;
            return x.body;
        }
        if (fresh_ > 0) {
            const std::string_view piece(x.big.get(), std::exchange(fresh_, 0));
            left_ -= piece.size();
            done_ = left_ == 0;
            return piece;
        }
        const std::string_view piece =
            raw.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(raw.size(), left_)));
        s_.next_ += piece.size();
        left_ -= piece.size();
        done_ = left_ == 0;
        return piece;
    }

    awaitable<void> fill(std::uint32_t until) {
        exchange& x = *s_.x_;
        if (x.expect_continue) {
            x.expect_continue = false;
            buffers out = {asio::buffer(go_on.data(), go_on.size()), asio::const_buffer()};
            co_await s_.write(out);
        }
        std::size_t got = 0;
        result r = result::good;
        if (x.req.chunked) {
            s_.in_.truncate(x.head_size);
            s_.next_ = x.head_size;
            r = co_await s_.read_some(phase::body, until, s_.in_.end(), s_.in_.room(), got);
            s_.in_.commit(got);
        } else {
            constexpr std::size_t size = 64 << 10;
            if (x.big == nullptr) x.big = std::make_unique_for_overwrite<char[]>(size);
            r = co_await s_.read_some(phase::body, until, x.big.get(),
                                      static_cast<std::size_t>(std::min<std::uint64_t>(size, left_)), got);
            fresh_ = got;
        }
        if (r != result::good) fail(r);
    }

    [[noreturn]] void fail(result r) {
        if (r == result::too_large) throw api_error(413, "payload_too_large", "The body is larger than allowed");
        if (r == result::timed_out) throw api_error(408, "request_timeout", "The body came too slowly");
        if (r == result::malformed) {
            s_.core_->exchanges.malformed("R6");
            throw api_error(400, "malformed_request", "The chunks of the body are malformed");
        }
        throw api_error(400, "incomplete_body", "The connection ended before the body did");
    }

    session& s_;
    std::uint64_t limit_, left_;
    bool done_;
    std::size_t fresh_ = 0;  // bytes in x.big not yet handed out
    chunk_decoder decoder_;
};

session::session(std::shared_ptr<server_core> core, tcp_socket socket)
    : core_(std::move(core)), socket_(std::move(socket)), fd_(socket_.native_handle()), index_(core_->sessions.size()) {
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(tcp::no_delay(true), ec);
    const tcp::endpoint remote = socket_.remote_endpoint(ec);
    if (!ec) {
        address_ = text_of(remote.address());
        trusted_ = core_->trusted.contains(remote.address());
    }
    core_->sessions.push_back(this);
    core_->connections.fetch_add(1, std::memory_order_relaxed);
    core_->connections_gauge.add(1);
}

session::~session() {
    core_->sessions.back()->index_ = index_;
    core_->sessions[index_] = core_->sessions.back();
    core_->sessions.pop_back();
    core_->connections.fetch_sub(1, std::memory_order_relaxed);
    core_->connections_gauge.add(-1);
    if (counted_) {
        core_->in_flight.fetch_sub(1, std::memory_order_relaxed);
        core_->in_flight_gauge.add(-1);
    }
}

bool session::gone() const {
    char byte = 0;
    const auto n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void session::tick() {
    if (expires_ == 0 || core_->now < expires_) return;
    expires_ = 0;
    timed_out_ = true;
    error_code ec;
    socket_.cancel(ec);
}

void session::drain() {
    if (phase_ != phase::idle || expires_ == 0) return;  // busy: its answer says close
    if (served_ == 0) {                                  // just accepted: its first request is likely on its way
        expires_ = std::min(expires_, core_->ticks(fresh_time));
        return;
    }
    drained_ = true;
    error_code ec;
    socket_.cancel(ec);
}

void session::abandon() {
    error_code ec;
    socket_.close(ec);
}

awaitable<void> session::run(std::shared_ptr<session> self) {
    session& s = *self;
    bool going = true;
    while (going) {
        going = co_await s.read_head();
        if (!going) break;
        going = co_await s.serve();
    }
    if (s.linger_) {
        co_await s.linger();
    }
    error_code ec;
    s.socket_.close(ec);
}

// Waits once, until bytes come, the tick `until` or the end of the connection.
awaitable<session::result> session::read_some(phase why, std::uint32_t until, char* to, std::size_t room,
                                              std::size_t& got) {
    phase_ = why;
    timed_out_ = false;
    expires_ = until;
    error_code ec;
    got = co_await socket_.async_read_some(asio::buffer(to, room), asio::redirect_error(use_awaitable, ec));
    expires_ = 0;
    if (!ec) {
        bytes_in_ += got;
        co_return result::good;
    }
    got = 0;
    co_return timed_out_ ? result::timed_out : result::closed;
}

head_state session::parse_head() {
    exchange& x = *x_;
    const auto read = [&] {
        return x.reader.read(in_.view(), core_->options.head, x.req, x.path_buffer, x.head_size, x.keep_alive,
                             x.expect_continue, x.error);
    };
    head_state state = read();
    if (state == head_state::done && x.req.has_body && in_.room() < least_room) {
        // Room behind the head now, as nothing may move once views are handed out.
        in_.reserve(read_buffer::small);
        state = read();
    }
    return state;
}

// True: x_ holds a head, good or to be refused. False: the connection is over.
awaitable<bool> session::read_head() {
    const server_options& o = core_->options;
    std::uint32_t until = 0;
    in_a_row_ = in_.empty() ? 0 : in_a_row_ + 1;
    for (;;) {
        if (!in_.empty()) {
            if (x_ == nullptr) x_ = core_->borrow();
            const head_state state = parse_head();
            if (state != head_state::more) co_return true;
            if (phase_ == phase::idle || until == 0) until = core_->ticks(o.head_timeout);
        } else {
            in_.compact();
            const auto patience = served_ > 0       ? o.idle_timeout
                                  : core_->draining ? std::min(fresh_time, o.head_timeout)
                                                    : o.head_timeout;
            until = core_->ticks(patience);
        }
        in_.reserve(in_.room() > 0 ? 1 : std::max(in_.size(), read_buffer::small));
        const phase why = in_.empty() ? phase::idle : phase::head;
        std::size_t got = 0;
        const result r = co_await read_some(why, until, in_.end(), in_.room(), got);
        if (r == result::good) {
            in_.commit(got);
            continue;
        }
        if (r == result::timed_out && why == phase::head) {
            x_->error = {408, "", "request_timeout", "The request head came too slowly"};
            co_return true;
        }
        if (!std::exchange(drained_, false)) co_return false;
        // Draining: a request whose bytes are here already is still served.
        error_code ec;
        got = socket_.read_some(asio::buffer(in_.end(), in_.room()), ec);
        if (ec || got == 0) co_return false;
        bytes_in_ += got;
        in_.commit(got);
    }
}

void session::begin_request(deadline::clock::time_point now) {
    exchange& x = *x_;
    request& req = x.req;
    known_method_ = x.error.status == 0 || !req.path.empty();
    x.ids.assign(req, trusted_ && x.error.status == 0, core_->random);
    req.client_address = address_;
    req.from = this;
    auto allowed = core_->options.handle_timeout;
    if (trusted_ && x.error.status == 0) {
        const std::string_view client = core_->trusted.client_of(req.headers);
        if (!client.empty()) req.client_address = client;
        const std::string_view left = req.headers.value(deadline_header);
        std::int64_t ms = 0;
        const auto [end, fault] = std::from_chars(left.data(), left.data() + left.size(), ms);
        if (!left.empty() && fault == std::errc() && end == left.data() + left.size() && ms >= 0)
            allowed = std::min(allowed, std::chrono::milliseconds(ms));
    }
    req.until = deadline::at(now + allowed);
    next_ = x.head_size;
    body_done_ = !req.has_body;
    bytes_out_ = 0;
    counted_ = true;
    core_->in_flight.fetch_add(1, std::memory_order_relaxed);
    core_->in_flight_gauge.add(1);
}

void session::end_request(deadline::clock::time_point began) {
    exchange& x = *x_;
    exchange_facts facts;
    facts.took = std::chrono::duration_cast<std::chrono::microseconds>(deadline::clock::now() - began);
    facts.bytes_in = x.head_size + x.req.body.size();
    facts.bytes_out = bytes_out_;
    facts.known_method = known_method_;
    core_->exchanges.finished(x.req, x.res, facts);
    if (core_->observer) core_->observer(x.req, x.res, facts.took, facts.bytes_in, facts.bytes_out);
    ++served_;
    counted_ = false;
    core_->in_flight.fetch_sub(1, std::memory_order_relaxed);
    core_->in_flight_gauge.add(-1);
}

void session::refuse(unsigned status, const char* code, const char* detail) {
    write_problem(x_->res, x_->req, api_error(status, code, detail));
    x_->res.close = true;
}

void session::refuse_head() {
    exchange& x = *x_;
    const head_error& e = x.error;
    if (!e.rule.empty()) core_->exchanges.malformed(e.rule);
    api_error error(e.status, std::string(e.code), std::string(e.detail));
    if (e.status == 405) error.with_header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    write_problem(x.res, x.req, error);
    x.res.close = true;
    body_done_ = false;  // nobody knows where the next message would begin (R7)
}

void session::refuse_body(result r) {
    switch (r) {
        case result::too_large:
            return refuse(413, "payload_too_large", "The body is larger than allowed");
        case result::timed_out:
            return refuse(408, "request_timeout", "The body came too slowly");
        case result::malformed:
            core_->exchanges.malformed("R6");
            return refuse(400, "malformed_request", "The chunks of the body are malformed");
        case result::good:
        case result::closed:
            break;
    }
    refuse(400, "incomplete_body", "The connection ended before the body did");
}

// One exchange, from the head in x_ to its answer. False: the connection ends.
awaitable<bool> session::serve() {
    exchange& x = *x_;
    const auto began = deadline::clock::now();
    begin_request(began);
    if (x.error.status != 0) {
        refuse_head();
    } else if (core_->in_flight.load(std::memory_order_relaxed) > core_->options.max_in_flight) {
        core_->shed_total.add();
        write_problem(x.res, x.req, api_error(503, "overloaded", "The service is busy; try again"));
    } else {
        co_await receive_and_handle();
    }
    decide_keep_alive();
    const bool sent = co_await answer();
    end_request(began);
    bool going = keep_ && sent;
    if (going && !body_done_) {
        going = co_await discard_body();
    }
    if (!going) linger_ = linger_ && sent;
    in_.consume(std::min(next_, in_.size()));
    if (in_.empty()) {
        core_->give_back(std::move(x_));
        in_.compact();
    } else {
        x.clear();
    }
    co_return going;
}

awaitable<void> session::receive_and_handle() {
    exchange& x = *x_;
    service::admission a;
    std::exception_ptr error;
    try {
        a = co_await core_->what.admit(x.req, x.res);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        write_exception(x.res, x.req, error, x.res.log_detail);
        co_return;
    }
    if (!a.admitted) co_return;
    const std::uint64_t limit = a.body_limit != 0 ? a.body_limit : core_->options.body_limit;
    if (x.req.content_length.value_or(0) > limit) {
        refuse_body(result::too_large);
        co_return;
    }
    if (a.stream_body) {
        body_reader source(*this, limit);
        x.req.stream = &source;
        co_await handle();
        x.req.stream = nullptr;
        body_done_ = source.done();
        if (!body_done_) x.res.close = true;
        co_return;
    }
    if (x.req.has_body) {
        const result r = co_await read_body(limit);
        if (r != result::good) {
            refuse_body(r);
            co_return;
        }
    }
    co_await handle();
}

awaitable<void> session::handle() {
    exchange& x = *x_;
    std::exception_ptr error;
    try {
        co_await core_->what.handle(x.req, x.res);
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        std::string detail;
        write_exception(x.res, x.req, error, detail);
        x.res.log_detail = std::move(detail);
    }
}

awaitable<session::result> session::read_body(std::uint64_t limit) {
    exchange& x = *x_;
    const std::size_t have = in_.size() - x.head_size;
    const bool whole = !x.req.chunked && have >= *x.req.content_length;
    if (x.expect_continue && have == 0) {  // after admit() and the limits (R11)
        buffers out = {asio::buffer(go_on.data(), go_on.size()), asio::const_buffer()};
        const bool sent = co_await write(out);
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
            const result r = co_await read_some(phase::body, until, in_.end(), in_.room(), got);
            if (r != result::good) co_return r;
            in_.commit(got);
        }
        x.req.body = in_.view().substr(x.head_size, size);
        next_ = x.head_size + size;
        co_return result::good;
    }
    x.big = std::make_unique_for_overwrite<char[]>(size);
    in_.view().copy(x.big.get(), have, x.head_size);
    in_.truncate(x.head_size);
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
    chunk_decoder decoder;
    for (;;) {
        std::size_t used = 0;
        const auto state = decoder.feed(in_.view().substr(x.head_size), used, x.body, limit);
        if (state == chunk_decoder::state::bad) co_return result::malformed;
        if (state == chunk_decoder::state::too_large) co_return result::too_large;
        if (state == chunk_decoder::state::done) {
            x.req.body = x.body;
            next_ = x.head_size + used;
            co_return result::good;
        }
        in_.truncate(x.head_size);
        std::size_t got = 0;
        const result r = co_await read_some(phase::body, until, in_.end(), in_.room(), got);
        if (r != result::good) co_return r;
        in_.commit(got);
    }
}

void session::decide_keep_alive() {
    exchange& x = *x_;
    keep_ = x.keep_alive && !x.res.close && !core_->draining && x.error.status == 0;
    if (!body_done_ && keep_) {
        // Refused before its body: a short one that the client sends anyway is read and dropped.
        const std::size_t have = in_.size() - x.head_size;
        const std::uint64_t length = x.req.content_length.value_or(~std::uint64_t(0));
        if (length <= have) {
            next_ = x.head_size + static_cast<std::size_t>(length);
            body_done_ = true;
        } else {
            keep_ = !x.expect_continue && length != ~std::uint64_t(0) && length - have <= most_discarded;
        }
    }
    // Closing while bytes come resets the connection, and the client may lose the answer. One that asked for the end
    // sends no more.
    linger_ = !keep_ && (!body_done_ || x.keep_alive);
}

awaitable<bool> session::discard_body() {
    exchange& x = *x_;
    std::uint64_t left = *x.req.content_length - (in_.size() - x.head_size);
    in_.truncate(x.head_size);
    const std::uint32_t until = core_->ticks(core_->options.body_timeout);
    while (left > 0) {
        std::size_t got = 0;
        const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(in_.room(), left));
        const result r = co_await read_some(phase::body, until, in_.end(), room, got);
        if (r != result::good) co_return false;
        left -= got;
    }
    co_return true;
}

awaitable<bool> session::answer() {
    exchange& x = *x_;
    x.out.clear();
    const bool body = x.req.method != verb::head && may_have_body(x.res.status);
    if (x.res.stream != nullptr && body) {
        const bool chunked = x.req.minor_version == 1;
        if (!chunked) {
            keep_ = false;
            linger_ = true;
        }
        const bool sent = co_await stream_answer(chunked);
        co_return sent;
    }
    answer_facts facts;
    facts.date_line = core_->date;
    facts.minor_version = x.req.minor_version;
    facts.keep_alive = keep_;
    write_head(x.out, x.res, x.req, facts);
    buffers out = {asio::buffer(x.out), body ? asio::buffer(x.res.body) : asio::const_buffer()};
    const bool sent = co_await write(out);
    co_return sent;
}

// The head leaves with the first piece, so that a source that fails at once still gives an error answer.
awaitable<bool> session::stream_answer(bool chunked) {
    exchange& x = *x_;
    answer_facts facts;
    facts.date_line = core_->date;
    facts.minor_version = x.req.minor_version;
    facts.keep_alive = keep_;
    bool started = false;
    for (;;) {
        std::string_view piece;
        std::exception_ptr error;
        const deadline d = deadline::after(core_->options.handle_timeout);
        try {
            piece = co_await x.res.stream->next(d);
        } catch (...) {
            error = std::current_exception();
        }
        if (error && started) {  // the missing last chunk tells the client
            x.res.log_detail = what_of(error);
            x.res.code = "stream_failed";
            keep_ = linger_ = false;
            co_return false;
        }
        if (error) {
            std::string detail;
            write_exception(x.res, x.req, error, detail);
            x.res.log_detail = std::move(detail);
        }
        if (!started) write_head(x.out, x.res, x.req, facts);
        if (error) {
            buffers whole = {asio::buffer(x.out), asio::buffer(x.res.body)};
            const bool sent = co_await write(whole);
            co_return sent;
        }
        if (chunked) {
            if (started) x.out.append("\r\n");
            std::array<char, 16> digits;
            const auto [end, fault] = std::to_chars(digits.data(), digits.data() + digits.size(), piece.size(), 16);
            x.out.append(digits.data(), end).append(piece.empty() ? "\r\n\r\n" : "\r\n");
        }
        started = true;
        buffers part = {asio::buffer(x.out), asio::buffer(piece.data(), piece.size())};
        const bool sent = co_await write(part);
        if (!sent || piece.empty()) co_return sent;
        x.out.clear();
    }
}

// Tries at once without waiting, as a socket almost always takes an answer. True: all is written.
bool session::write_now(buffers& what, error_code& ec) {
    while (what[0].size() + what[1].size() > 0) {
        std::size_t n = socket_.write_some(what, ec);
        if (ec) return false;
        bytes_out_ += n;
        for (asio::const_buffer& b : what) {
            const std::size_t part = std::min(n, b.size());
            b += part;
            n -= part;
        }
    }
    return true;
}

awaitable<bool> session::write(buffers what) {
    // A client that pipelines gives way to others now and then: waiting goes through the scheduler.
    bool wait = in_a_row_ >= core_->options.max_pipelined;
    if (wait) in_a_row_ = 0;
    const std::uint32_t until = core_->ticks(core_->options.write_timeout);
    for (;;) {
        error_code ec;
        if (!wait && write_now(what, ec)) co_return true;
        if (ec && ec != asio::error::would_block && ec != asio::error::try_again) co_return false;
        wait = false;
        phase_ = phase::write;
        expires_ = until;
        co_await socket_.async_wait(tcp_socket::wait_write, asio::redirect_error(use_awaitable, ec));
        expires_ = 0;
        if (ec) co_return false;
    }
}

// Reads what the client still sends, so that it gets our last answer before a reset (RFC 9112 9.6).
awaitable<void> session::linger() {
    error_code ec;
    socket_.shutdown(tcp_socket::shutdown_send, ec);
    if (ec) co_return;
    if (x_ != nullptr) core_->give_back(std::move(x_));
    in_ = read_buffer();
    in_.reserve(read_buffer::small);
    const std::uint32_t until = core_->ticks(linger_time);
    for (std::size_t total = 0; total < most_lingered;) {
        std::size_t got = 0;
        const result r = co_await read_some(phase::linger, until, in_.end(), in_.room(), got);
        if (r != result::good) co_return;
        total += got;
    }
}

}  // namespace mita::http
