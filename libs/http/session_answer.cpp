// How a session writes answers, and how it takes leave.
#include "http/live_source.hpp"
#include "http/problem.hpp"
#include "http/session.hpp"

#include <boost/asio/error.hpp>

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <memory>

namespace mita::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t most_lingered = 16 << 20;  // a client that writes its whole body first still reads our refusal
constexpr std::size_t linger_room = 32 << 10;
constexpr std::chrono::milliseconds linger_time{2'000};

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

answer_facts session::facts() const {
    answer_facts f;
    f.date_line = core_->date;
    f.minor_version = x_->req.minor_version;
    f.framing.keep_alive = keep_;
    f.relayed = core_->options.behind_gateway && !x_->own_deadline;
    if (!f.relayed || x_->req.headers.size() == 0) return f;
    const header& last = *(x_->req.headers.end() - 1);
    if (last.name == answer_name_header) f.name = last.value;
    return f;
}

awaitable<bool> session::answer() {
    exchange& x = *x_;
    const bool body = x.req.method != verb::head && may_have_body(x.res.status);
    if (x.res.stream != nullptr && body) {
        auto* const live = dynamic_cast<live_source*>(x.res.stream.get());
        if (x.req.minor_version == 0 || live != nullptr) {  // its end is the connection's
            keep_ = false;
            linger_ = true;
        }
        const bool sent = co_await stream_answer(live);
        co_return sent;
    }
    x.writer.begin(x.res, x.req, facts());
    error_code ec;
    if (in_a_row_ < core_->options.max_pipelined && write_now(ec)) co_return true;
    const bool sent = co_await write();
    co_return sent;
}

// The head leaves with the first piece, so that a source that fails at once still gives an error answer.
awaitable<bool> session::stream_answer(live_source* live) {
    exchange& x = *x_;
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
            if (live_ != nullptr) end_live();
            co_return false;
        }
        if (error) {
            std::string detail;
            write_exception(x.res, x.req, error, detail);
            x.res.log_detail = std::move(detail);
        }
        if (!started) x.writer.begin(x.res, x.req, facts());
        if (!error) x.writer.piece(piece);
        started = true;
        const bool sent = co_await write();
        const bool going = sent && !error && !piece.empty();
        if (going && live != nullptr && live_ == nullptr) begin_live(*live);
        if (going) continue;
        if (live_ != nullptr) end_live();
        co_return sent;
    }
}

// The request was answered, as far as counts, times and limits go. What waits in the kernel for a slow reader is
// little.
void session::begin_live(live_source& source) {
    constexpr int most_unsent = 32 << 10;
    live_ = &source;
    core_->streams_gauge.add(1);
    end_request();
    // Nothing reads from the connection any more, and of what the request said only its name is needed: there may be
    // thousands, and a buffer each would be a quarter of what they take.
    x_->path_buffer = x_->req.id;
    x_->req.id = x_->path_buffer;
    std::destroy_at(&in_);
    std::construct_at(&in_);
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most_unsent, sizeof most_unsent);
    if (core_->draining) source.wind_up();
}

void session::end_live() {
    live_ = nullptr;
    core_->streams_gauge.add(-1);
    if (x_->res.code.empty()) return;  // one side ended it
    core_->log.warn("stream_broken")
        .with("request_id", x_->req.id)
        .with("route", x_->req.route)
        .with("reason", x_->res.log_detail);
}

// Tries at once without waiting, as a socket almost always takes an answer. True: all is written.
bool session::write_now(error_code& ec) {
    exchange& x = *x_;
    for (;;) {
        const boost::asio::const_buffer interim(x.interim.data(), x.interim.size());
        const buffer_span left = x.interim.empty() ? x.writer.left() : buffer_span(&interim, 1);
        if (left.empty()) return true;
        const std::size_t n = tls_ != nullptr    ? tls_->write_now(left, ec)
                              : left.size() == 1 ? socket_.write_some(left[0], ec)
                                                 : socket_.write_some(left, ec);
        if (ec) return false;
        x.bytes_out += n;
        if (x.interim.empty()) {
            x.writer.sent(n);
        } else {
            x.interim.remove_prefix(n);
            if (x.interim.empty()) return true;
        }
    }
}

// What the writer has, or an interim answer.
awaitable<bool> session::write() {
    // A client that pipelines gives way to others now and then: waiting goes through the scheduler.
    bool wait = in_a_row_ >= core_->options.max_pipelined;
    if (wait) in_a_row_ = 0;
    for (;;) {
        error_code ec;
        if (!wait && write_now(ec)) co_return true;
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
    in_.consume(in_.size());
    char* const nowhere = in_.space(linger_room);
    const std::uint32_t until = core_->ticks(linger_time);
    for (std::size_t total = 0; total < most_lingered;) {
        std::size_t got = 0;
        const result r = co_await read_some(phase::linger, until, nowhere, linger_room, got);
        if (r != result::good) co_return;
        total += got;
    }
}

}  // namespace mita::http
