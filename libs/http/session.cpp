#include "http/session.hpp"

#include "http/near.hpp"
#include "http/problem.hpp"
#include "http/session_body.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <charconv>
#include <utility>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t most_discarded = 64 << 10;  // of a refused request's body, to keep its connection
constexpr std::size_t least_room = 1 << 10;       // behind a head whose body is still to come

std::string text_of(const asio::ip::address& a) {
    if (a.is_v6() && a.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6()).to_string();
    return a.to_string();
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
    own_deadline = true;
}

session::session(std::shared_ptr<server_core> core, tcp_socket socket)
    : core_(std::move(core)), socket_(std::move(socket)), fd_(socket_.native_handle()), index_(core_->sessions.size()) {
    error_code ec;
    socket_.non_blocking(true, ec);
    socket_.set_option(tcp::no_delay(true), ec);
    if (const auto remote = near::remote_of(socket_)) {
        address_ = text_of(*remote);
        trusted_ = core_->trusted.contains(*remote);
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
    if (watch_ != nullptr && gone()) std::exchange(watch_, nullptr)->client_gone();
    if (expires_ == 0 || core_->now < expires_) return;
    expires_ = 0;
    timed_out_ = true;
    error_code ec;
    socket_.cancel(ec);
}

// Busy: its answer says close. Idle: the next request may be on its way, or be sent before the client could know; it is
// answered, and told to close.
void session::drain(std::uint32_t until) {
    if (expires_ == 0) return;
    if (phase_ == phase::idle) expires_ = std::min(expires_, until);
    if (phase_ != phase::discard) return;  // answered; only the rest of a refused body is still to come
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
                                  : core_->draining ? std::min(last_request_time, o.head_timeout)
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
        // Draining: a request whose bytes are here already is still served.
        if (r != result::timed_out || !core_->draining || why != phase::idle) co_return false;
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
    x.ids.assign(req, x.error.status == 0, core_->random);
    req.client_address = address_;
    req.from = this;
    auto allowed = core_->options.handle_timeout;
    if (trusted_ && x.error.status == 0) {
        const std::string_view client = core_->trusted.client_of(req.headers);
        if (!client.empty()) req.client_address = client;
        const std::string_view left = req.headers.value(deadline_header);
        std::int64_t ms = 0;
        const auto [end, fault] = std::from_chars(left.data(), left.data() + left.size(), ms);
        if (!left.empty() && fault == std::errc() && end == left.data() + left.size() && ms >= 0) {
            allowed = std::min(allowed, std::chrono::milliseconds(ms));
            x.own_deadline = false;
        }
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
    facts.ended = deadline::clock::now();
    facts.took = std::chrono::duration_cast<std::chrono::microseconds>(facts.ended - began);
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
        // The client's slowness is not the handler's; a trusted peer's deadline stands.
        if (x.own_deadline) x.req.until = deadline::after(core_->options.handle_timeout);
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

}  // namespace mita::http
