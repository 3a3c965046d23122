#include "http/client_connection.hpp"

#include "http/near.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <new>
#include <span>
#include <utility>

namespace mita::http {

awaitable<bool> client_connection::connect(tcp::endpoint to_endpoint, deadline::clock::time_point until) {
    const auto self = shared_from_this();
    error_code ec;
    until_ = until;
    timed_ = true;
    timed_out_ = false;
    const int close_by = near::connect(to_endpoint);
    if (close_by >= 0) {
        try {
            socket_.assign(to_endpoint.protocol(), close_by, ec);
        } catch (const std::bad_alloc&) {
            ec = asio::error::no_memory;
        }
        if (ec) ::close(close_by);
    } else {
        co_await socket_.async_connect(to_endpoint, asio::redirect_error(use_awaitable, ec));
    }
    timed_ = false;
    if (ec || timed_out_) {
        close();
        co_return false;
    }
    socket_.non_blocking(true, ec);
    socket_.set_option(tcp::no_delay(true), ec);
    fd_ = socket_.native_handle();
    reusable_ = true;
    co_return true;
}

awaitable<client_connection::outcome> client_connection::exchange(std::string_view head, std::string_view body,
                                                                  verb method, client_response& out,
                                                                  deadline::clock::time_point until, unsigned heads) {
    begin(out, until);
    sent_bytes_ = false;
    owed_ = heads;
    answer_.begin(method, out);
    request_.begin(head, body);
    sending_ = sending::some;
    const bool silent = socket_.is_open() && start_first_read();
    return settle(silent ? outcome::none : outcome::closed);  // it ended, or has to
}

awaitable<client_connection::outcome> client_connection::open(std::string_view head, client_response& out,
                                                              deadline::clock::time_point until) {
    begin(out, until);
    sent_bytes_ = false;
    last_ = outcome::none;
    owed_ = 1;
    answer_.begin_streamed(out);
    request_.begin(head, {});
    sending_ = sending::some;
    const bool silent = socket_.is_open() && start_first_read();
    return settle(silent ? outcome::none : outcome::closed);
}

awaitable<client_connection::outcome> client_connection::next_piece(std::string& to,
                                                                    deadline::clock::time_point until) {
    const auto self = shared_from_this();
    to.clear();
    until_ = until;
    timed_ = true;
    timed_out_ = false;
    piece_ = &to;
    outcome end = last_ != outcome::none ? last_ : meaning_of(answer_.first_piece(to), to);
    while (end == outcome::none) {
        if (!socket_.is_open()) {
            end = timed_out_ ? outcome::timed_out : outcome::closed;
        } else if (!reading_) {
            end = take_piece(to);
            if (end == outcome::none) wait_readable();
        } else if (!happened_.called()) {
            co_await happened_.wait();
        }
    }
    timed_ = false;
    piece_ = nullptr;
    if (end != outcome::piece) close();
    co_return end;
}

// What is here, without waiting.
client_connection::outcome client_connection::take_piece(std::string& to) {
    std::array<char, 16 << 10> bytes;  // as much as waits at most, while the client takes it
    error_code ec;
    const std::size_t n = socket_.read_some(asio::buffer(bytes), ec);
    if (ec == asio::error::would_block || ec == asio::error::try_again) return outcome::none;
    if (ec) return outcome::closed;
    return meaning_of(answer_.piece(std::string_view(bytes.data(), n), to), to);
}

client_connection::outcome client_connection::meaning_of(answer_reader::state s, const std::string& got) {
    if (s == answer_reader::state::bad) last_ = outcome::malformed;
    if (s == answer_reader::state::done) last_ = outcome::answered;
    return got.empty() ? last_ : outcome::piece;
}

awaitable<client_connection::outcome> client_connection::next(verb method, client_response& out,
                                                              deadline::clock::time_point until) {
    begin(out, until);
    const bool held = answer_.held();
    answer_.follow(method, out);
    read_ = 0;  // of what is held, all was read before
    if (socket_.is_open() && !held) start_read();
    return settle(socket_.is_open() ? outcome::none : outcome::closed);
}

void client_connection::begin(client_response& out, deadline::clock::time_point until) {
    ++exchanges_;
    got_bytes_ = timed_out_ = reusable_ = false;
    read_error_ = {};
    out_ = &out;
    until_ = until;
    timed_ = true;
}

awaitable<client_connection::outcome> client_connection::settle(outcome end) {
    const auto self = shared_from_this();
    while (end == outcome::none) {
        if (!reading_) {  // bytes or the end have come
            end = take();
        } else if (sending_ == sending::some) {
            send();
        } else if (!happened_.called()) {
            co_await happened_.wait();
        }
    }
    timed_ = false;
    out_ = nullptr;
    if (end == outcome::opened) co_return end;
    owed_ = end == outcome::answered && answer_.keeps_alive() && socket_.is_open() ? owed_ - 1 : 0;
    if (owed_ > 0) co_return end;
    reusable_ = end == outcome::answered && answer_.reusable() && sending_ == sending::all && !half_closed_ &&
                socket_.is_open();
    if (!reusable_) close();
    co_return end;
}

bool client_connection::spoke_unasked() const {
    char byte = 0;
    const auto n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

// A read has ended: what that means for the exchange. none: more is waited for now.
client_connection::outcome client_connection::take() {
    using state = answer_reader::state;
    state s = state::more;
    if (!socket_.is_open() && !timed_out_) return outcome::closed;
    if (read_error_) {
        if (read_error_ == asio::error::eof) s = answer_.ended();
        if (s != state::done) return timed_out_ ? outcome::timed_out : outcome::closed;
        return outcome::answered;
    }
    got_bytes_ = true;
    switch (answer_.took(read_)) {
        case state::more:
            break;
        case state::done:
            return outcome::answered;
        case state::opened:
            return outcome::opened;
        case state::bad:
            return outcome::malformed;
        case state::too_large:
            return outcome::too_large;
    }
    if (answer_.room().empty()) return outcome::too_large;
    start_read();
    return outcome::none;
}

// As much as goes without waiting.
void client_connection::send() {
    for (;;) {
        const std::span<const asio::const_buffer> left = request_.left();
        if (left.empty()) {
            sending_ = sending::all;
            return;
        }
        error_code ec;
        const std::size_t n = left.size() == 1 ? socket_.write_some(left[0], ec) : socket_.write_some(left, ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) return wait_writable();
        if (ec) {  // the pending read says what became of it; an early answer may be there
            sending_ = sending::failed;
            return;
        }
        sent_bytes_ = true;
        request_.sent(n);
    }
}

void client_connection::wait_writable() {
    sending_ = sending::blocked;
    socket_.async_wait(tcp_socket::wait_write, [self = shared_from_this()](error_code) {
        client_connection& c = *self;
        if (c.sending_ != sending::blocked) return;
        c.sending_ = sending::some;
        if (c.awaited()) c.happened_.call();
    });
}

void client_connection::start_read() {
    const std::span<char> room = answer_.room();
    reading_ = true;
    socket_.async_read_some(asio::buffer(room.data(), room.size()),
                            [self = shared_from_this()](error_code ec, std::size_t n) {
                                client_connection& c = *self;
                                c.reading_ = false;
                                c.read_error_ = ec;
                                c.read_ = n;
                                if (c.awaited()) c.happened_.call();
                            });
}

void client_connection::wait_readable() {
    reading_ = true;
    socket_.async_wait(tcp_socket::wait_read, [self = shared_from_this()](error_code) {
        client_connection& c = *self;
        c.reading_ = false;
        if (c.awaited()) c.happened_.call();
    });
}

// Before anything is asked: whoever asks would take what is there already for the answer (R16). False: there are bytes,
// or the end. A read that is started tries at once, and its EAGAIN says that there is nothing; else a look does.
bool client_connection::start_first_read() {
    const char* const first = answer_.room().data();
    *answer_.room().data() = '\0';  // no answer begins so
    errno = 0;
    start_read();
    return *first == '\0' && (errno == EAGAIN || !spoke_unasked());
}

// What is pending on it ends at once, with an error that its coroutine finds next.
void client_connection::tick(deadline::clock::time_point now) {
    if (!timed_ || now < until_) return;
    timed_ = false;
    timed_out_ = true;
    close();
}

void client_connection::half_close() {
    if (sending_ != sending::all) return;
    half_closed_ = true;
    error_code ec;
    socket_.shutdown(tcp_socket::shutdown_send, ec);
}

void client_connection::close() {
    reusable_ = false;
    error_code ec;
    socket_.close(ec);
}

}  // namespace mita::http
