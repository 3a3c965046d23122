#include "http/session.hpp"

#include "http/live_source.hpp"
#include "http/near.hpp"

#include <boost/asio/error.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t least_room_to_read = 1 << 10;  // behind a head whose body is still to come
constexpr std::size_t most_read = 16 << 10;          // at once, of a client that pipelines

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
    if (core_->tls != nullptr) tls_ = std::make_unique<tls_stream>(socket_, *core_->tls);
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
    if (tls_ != nullptr) {  // its farewell is bytes, too
        tcp_info info{};
        socklen_t size = sizeof info;
        return ::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_state != TCP_ESTABLISHED;
    }
    char byte = 0;
    const auto n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void session::tick() {
    // A live answer is looked at each second: there may be thousands.
    const bool look = live_ == nullptr || (core_->now + index_) % 10 == 0;
    if (watch_ != nullptr && look && gone()) std::exchange(watch_, nullptr)->client_gone();
    if (expires_ == 0 || core_->now < expires_) return;
    expires_ = 0;
    timed_out_ = true;
    error_code ec;
    socket_.cancel(ec);
}

// Busy: its answer says close. Idle: the next request may be on its way, or be sent before the client could know; it is
// answered, and told to close.
void session::drain(std::uint32_t until) {
    if (live_ != nullptr) live_->wind_up();
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
    if (s.tls_ != nullptr) {
        going = co_await s.shake_hands();
    }
    const bool introduced = going;
    while (going) {
        going = co_await s.read_head();
        if (!going) break;
        going = co_await s.serve();
    }
    if (s.tls_ != nullptr && introduced) {
        co_await s.say_goodbye();
    }
    if (s.linger_) {
        co_await s.linger();
    }
    error_code ec;
    s.socket_.close(ec);
}

std::size_t session::read_now(char* to, std::size_t room, error_code& ec) {
    return tls_ != nullptr ? tls_->read_now(to, room, ec) : socket_.read_some(asio::buffer(to, room), ec);
}

// Waits once, until bytes come, the tick `until` or the end of the connection.
awaitable<session::result> session::read_some(phase why, std::uint32_t until, char* to, std::size_t room,
                                              std::size_t& got) {
    phase_ = why;
    timed_out_ = false;
    expires_ = until;
    error_code ec;
    if (tls_ == nullptr || why == phase::linger) {
        got = co_await socket_.async_read_some(asio::buffer(to, room), asio::redirect_error(use_awaitable, ec));
    } else {
        co_await tls_->read_some(to, room, got, ec);
    }
    expires_ = 0;
    if (!ec) {
        co_return result::good;
    }
    got = 0;
    co_return timed_out_ ? result::timed_out : result::closed;
}

// The guard looks first; once Beast has read the head, views into it are handed out and nothing may move.
head_state session::parse_head() {
    exchange& x = *x_;
    const head_limits& limits = trusted_ ? core_->trusted_head : core_->options.head;
    const head_state state = x.reader.check(in_.view(), limits, x.error);
    if (state == head_state::bad) x.reader.glimpse(in_.view(), x.req, x.path_buffer);
    if (state != head_state::done) return state;
    if (x.reader.has_body()) in_.space(std::max(in_.room(), least_room_to_read));
    return build_head(x, in_.view());
}

head_state session::build_head(exchange& x, std::string_view bytes) {
    if (!x.reader.build(bytes, x.req, x.path_buffer, x.error)) return head_state::bad;
    x.head_size = x.reader.head_size();
    x.keep_alive = x.reader.keep_alive();
    x.expect_continue = x.reader.expects_continue();
    return head_state::done;
}

// True: x_ holds a head, good or to be refused. False: the connection is over.
awaitable<bool> session::read_head() {
    const server_options& o = core_->options;
    std::uint32_t until = 0;
    in_a_row_ = in_.size() == 0 ? 0 : in_a_row_ + 1;
    if (ahead_ != nullptr) {
        take_next();
        co_return true;
    }
    for (;;) {
        if (in_.size() > 0) {
            if (x_ == nullptr) x_ = core_->borrow();
            const head_state state = parse_head();
            if (state != head_state::more) co_return true;
            if (phase_ == phase::idle || until == 0) until = core_->ticks(o.head_timeout);
        } else {
            const auto patience = served_ > 0       ? o.idle_timeout
                                  : core_->draining ? std::min(last_request_time, o.head_timeout)
                                                    : o.head_timeout;
            until = core_->ticks(patience);
        }
        const std::size_t least = in_a_row_ > 0 ? most_read - std::min(in_.size(), most_read) : 0;  // more follow
        const std::size_t n = in_.room() > least ? in_.room() : std::max({least, in_.size(), connection_buffer::small});
        char* const to_here = in_.space(n);
        const phase why = in_.size() == 0 ? phase::idle : phase::head;
        std::size_t got = 0;
        const result r = co_await read_some(why, until, to_here, n, got);
        if (r == result::good) {
            in_.commit(got);
            continue;
        }
        if (r == result::timed_out && why == phase::head) {
            x_->error = {408, "", "request_timeout", "The request head came too slowly"};
            x_->reader.glimpse(in_.view(), x_->req, x_->path_buffer);
            co_return true;
        }
        // Draining: a request whose bytes are here already is still served.
        if (r != result::timed_out || !core_->draining || why != phase::idle) co_return false;
        error_code ec;
        got = read_now(to_here, n, ec);
        if (ec || got == 0) co_return false;
        in_.commit(got);
    }
}

}  // namespace mita::http
