#include "http/session.hpp"

#include "http/near.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t least_room = 1 << 10;  // behind a head whose body is still to come

std::string text_of(const asio::ip::address& a) {
    if (a.is_v6() && a.to_v6().is_v4_mapped())
        return asio::ip::make_address_v4(asio::ip::v4_mapped, a.to_v6()).to_string();
    return a.to_string();
}

}  // namespace

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

}  // namespace mita::http
