#include "http/client_connection.hpp"

#include "http/near.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace mita::http {

namespace {

constexpr std::size_t first_room = 8 << 10;
constexpr std::size_t kept_room = 64 << 10;  // a buffer larger than this is not kept for the next answer

}  // namespace

void client_response::clear() {
    status = 0;
    headers.clear();
    body = {};
    if (buffer.capacity() > kept_room) buffer = std::string();  // else as it is: its bytes are overwritten
}

struct client_connection::ready_handler {
    std::shared_ptr<client_connection> self;
    void operator()(error_code ec) { self->on_ready(ec); }
};

awaitable<bool> client_connection::connect(tcp::endpoint to_endpoint, deadline::clock::time_point until) {
    const auto self = shared_from_this();
    error_code ec;
    until_ = until;
    timed_ = true;
    timed_out_ = false;
    const int close_by = near::connect(to_endpoint);
    if (close_by >= 0) {
        socket_.assign(to_endpoint.protocol(), close_by, ec);
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
    start_read();
    co_return true;
}

// Waits for bytes and takes none yet: while idle, nobody's bytes must stay where the next exchange can see them.
void client_connection::start_read() {
    reading_ = true;
    socket_.async_wait(tcp_socket::wait_read, ready_handler{shared_from_this()});
}

void client_connection::on_ready(error_code ec) {
    std::size_t n = 0;
    if (!ec && out_ != nullptr && outcome_ == outcome::none) {
        if (in_.size() < first_room) in_.resize(first_room);
        n = socket_.read_some(asio::buffer(in_.data() + have_, in_.size() - have_), ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) return start_read();
    }
    on_read(ec, n);
}

// Are there bytes, or the end, before anything was asked (R16)? Whoever asked next would take them for the answer.
bool client_connection::spoke_unasked() const {
    char byte = 0;
    const auto n = ::recv(fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void client_connection::on_read(error_code ec, std::size_t n) {
    reading_ = false;
    if (out_ == nullptr) {  // idle: an end, or bytes nobody asked for
        const bool was_open = socket_.is_open();
        close();
        if (was_open && owner_ != nullptr) owner_->idle_ended(*this);
        return;
    }
    if (outcome_ != outcome::none) return;
    if (ec) {
        if (ec == asio::error::eof && head_done_ && head_.kind == body_kind::until_close)
            return finish(outcome::answered);
        return finish(timed_out_ ? outcome::timed_out : outcome::closed);
    }
    got_bytes_ = true;
    outcome o = take(n);
    if (o == outcome::none && !room()) o = outcome::too_large;
    if (o != outcome::none) return finish(o);  // the last act: the waiter may begin the next exchange inside it
    start_read();
}

// Space for the next bytes within the bound.
bool client_connection::room() {
    if (have_ < in_.size()) return true;
    const std::size_t most = max_response_ + (17u << 10);  // and a head
    if (in_.size() >= most) return false;
    in_.resize(std::min(in_.size() * 2, most));
    return true;
}

client_connection::outcome client_connection::take(std::size_t n) {
    have_ += n;
    if (head_done_) return take_body(n);
    const char* fault = nullptr;
    const std::string_view bytes(in_.data(), have_);
    const head_state state = read_response_head(bytes, method_, head_, out_->headers, fault);
    if (state == head_state::more) return outcome::none;
    if (state == head_state::bad) return outcome::malformed;
    head_done_ = true;
    views_of_ = in_.data();
    if (head_.kind == body_kind::chunked) {
        chunks_ = chunk_decoder();
        decoded_.assign(in_, 0, head_.size);
    } else if (head_.kind == body_kind::length) {
        if (head_.content_length > max_response_) return outcome::too_large;
        const std::size_t whole = head_.size + static_cast<std::size_t>(head_.content_length);
        if (in_.size() < whole && whole <= kept_room) in_.resize(whole);
    }
    return take_body(have_ - head_.size);
}

// n: of the bytes at the end of what is held, how many are new.
client_connection::outcome client_connection::take_body(std::size_t n) {
    const std::size_t body = have_ - head_.size;
    switch (head_.kind) {
        case body_kind::none:
            reusable_ = head_.keep_alive && body == 0;
            return outcome::answered;
        case body_kind::length:
            if (body < head_.content_length) return outcome::none;
            reusable_ = head_.keep_alive && body == head_.content_length;  // more: nobody asked for it (R16)
            return outcome::answered;
        case body_kind::chunked: {
            const std::string_view fresh(in_.data() + (have_ - n), n);
            std::size_t used = 0;
            const auto state = chunks_.feed(fresh, used, decoded_, max_response_);
            if (state == chunk_decoder::state::bad) return outcome::malformed;
            if (state == chunk_decoder::state::too_large) return outcome::too_large;
            if (state == chunk_decoder::state::more) {
                have_ = head_.size;  // the raw bytes have been taken over
                return outcome::none;
            }
            reusable_ = head_.keep_alive && used == n;
            return outcome::answered;
        }
        case body_kind::until_close:
            return body > max_response_ ? outcome::too_large : outcome::none;
    }
    return outcome::none;
}

// The answer's bytes become the caller's, its old buffer ours.
void client_connection::deliver() {
    client_response& out = *out_;
    const bool chunked = head_.kind == body_kind::chunked;
    const std::size_t end = chunked ? decoded_.size()
                            : head_.kind == body_kind::length
                                ? head_.size + static_cast<std::size_t>(head_.content_length)
                            : head_.kind == body_kind::none ? head_.size
                                                            : have_;
    std::string& whole = chunked ? decoded_ : in_;
    out.buffer.swap(whole);
    if (whole.capacity() > kept_room) whole = std::string();
    if (out.buffer.data() != views_of_) {
        const char* fault = nullptr;
        response_head again;
        read_response_head(std::string_view(out.buffer).substr(0, head_.size), method_, again, out.headers, fault);
    }
    out.status = head_.status;
    out.body = std::string_view(out.buffer).substr(head_.size, end - head_.size);
}

// Ends the exchange and resumes its caller, unless the caller is still writing and will see it by itself. The caller
// may begin the next exchange on this connection at once, inside this call: nothing may follow it in ours.
void client_connection::finish(outcome o) {
    outcome_ = o;
    timed_ = false;
    if (o == outcome::answered) deliver();
    if (writing_ || unsent_ || half_closed_ || o != outcome::answered) reusable_ = false;
    have_ = 0;
    if (!reusable_) close();
    if (!waiting_) return;
    suspended resume = std::move(*waiting_);
    waiting_.reset();
    resume();
}

awaitable<void> client_connection::suspend() {
    auto keep = [this](suspended handler) { waiting_.emplace(std::move(handler)); };
    co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void()>(keep, use_awaitable);
}

awaitable<void> client_connection::write(std::array<asio::const_buffer, 2> what) {
    while (what[0].size() + what[1].size() > 0 && outcome_ == outcome::none) {
        error_code ec;
        std::size_t n = what[1].size() == 0 ? socket_.write_some(what[0], ec) : socket_.write_some(what, ec);
        if (ec == asio::error::would_block || ec == asio::error::try_again) {
            co_await socket_.async_wait(tcp_socket::wait_write, asio::redirect_error(use_awaitable, ec));
            if (!ec) continue;
        }
        if (ec) {  // the pending read says what became of it; an early answer may be there
            unsent_ = true;
            co_return;
        }
        sent_bytes_ = true;
        for (asio::const_buffer& b : what) {
            const std::size_t part = std::min(n, b.size());
            b += part;
            n -= part;
        }
    }
}

awaitable<client_connection::outcome> client_connection::exchange(std::string_view head, std::string_view body,
                                                                  verb method, client_response& out,
                                                                  deadline::clock::time_point until) {
    const auto self = shared_from_this();
    ++exchanges_;
    method_ = method;
    outcome_ = outcome::none;
    head_done_ = unsent_ = got_bytes_ = sent_bytes_ = timed_out_ = reusable_ = false;
    have_ = 0;
    out.clear();
    out_ = &out;
    until_ = until;
    timed_ = true;
    if (!reading_ || !socket_.is_open() || spoke_unasked()) {  // it ended, or has to, while being handed over
        outcome_ = outcome::closed;
        close();
    } else {
        writing_ = true;
        std::array<asio::const_buffer, 2> what = {asio::buffer(head.data(), head.size()),
                                                  asio::buffer(body.data(), body.size())};
        co_await write(what);
        writing_ = false;
    }
    if (outcome_ == outcome::none) {
        co_await suspend();
    }
    timed_ = false;
    out_ = nullptr;
    if (reusable_) start_read();
    co_return outcome_;
}

void client_connection::tick(deadline::clock::time_point now) {
    if (!timed_ || now < until_) return;
    timed_ = false;
    timed_out_ = true;
    if (out_ != nullptr && outcome_ == outcome::none) {
        finish(outcome::timed_out);
    } else {
        close();
    }
}

void client_connection::half_close() {
    if (writing_) return;
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
