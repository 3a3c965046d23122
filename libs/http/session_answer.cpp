// How a session writes answers, and how it takes leave.
#include "http/problem.hpp"
#include "http/session.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <charconv>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t most_lingered = 16 << 20;  // a client that writes its whole body first still reads our refusal
constexpr std::size_t linger_room = 32 << 10;
constexpr std::chrono::milliseconds linger_time{2'000};
constexpr std::size_t most_joined = 2 << 10;  // copying so little costs less than gathering does

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
    const bool joined = body && x.res.body.size() <= most_joined;
    if (joined) x.out.append(x.res.body);
    buffers out = {asio::buffer(x.out), body && !joined ? asio::buffer(x.res.body) : asio::const_buffer()};
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
        std::size_t n = what[1].size() == 0 ? socket_.write_some(what[0], ec) : socket_.write_some(what, ec);
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
    for (;;) {
        error_code ec;
        if (!wait && write_now(what, ec)) co_return true;
        if (ec && ec != asio::error::would_block && ec != asio::error::try_again) co_return false;
        wait = false;
        phase_ = phase::write;
        expires_ = core_->ticks(
            core_->options.write_timeout);  // from the last progress, which the kernel reports in large steps
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
    in_.reserve(linger_room);
    const std::uint32_t until = core_->ticks(linger_time);
    for (std::size_t total = 0; total < most_lingered;) {
        std::size_t got = 0;
        const result r = co_await read_some(phase::linger, until, in_.end(), in_.room(), got);
        if (r != result::good) co_return;
        total += got;
    }
}

}  // namespace mita::http
