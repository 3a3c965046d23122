// A service with a handler for each case of the server tests, served by a real runtime, listener and server on
// loopback.
#pragma once

#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "http/live_source.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "raw_socket.hpp"

#include <atomic>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace test_http {

using namespace mita;
using namespace mita::http;

struct app {
    std::atomic<int> hits{0};
    std::atomic<int> hold_ms{0};
    std::atomic<bool> saw_gone{false};
    awaitable<void> authenticate(request& req, mita::http::access) {
        if (req.headers.value("Authorization") != "Bearer ok") throw api_error(401, "unauthorized", "No token");
        co_return;
    }
    static std::optional<api_error> explain(const std::exception& e) {
        if (std::string_view(e.what()) == "db is down")
            return api_error(503, "unavailable", "The database is not reachable");
        return std::nullopt;
    }
};

inline awaitable<void> sleep_ms(int ms) {
    const auto ex = co_await asio::this_coro::executor;
    steady_timer timer(ex);
    timer.expires_after(std::chrono::milliseconds(ms));
    error_code ec;
    co_await timer.async_wait(to(ec));
}

inline awaitable<response> hit(request&, app& a) {
    ++a.hits;
    co_return json(200, R"({"ok":true})");
}
inline awaitable<response> echo(request& req, app& a) {
    ++a.hits;
    co_return json(200, std::string(req.body));
}
inline awaitable<response> time_left(request& req, app&) {
    co_return json(200, std::to_string(req.until.remaining().count()));
}
inline awaitable<response> nothing(request&, app& a) {
    ++a.hits;
    co_return empty();
}
inline awaitable<response> held(request& req, app& a) {
    ++a.hits;
    const int ms = a.hold_ms;
    co_await sleep_ms(ms);
    a.saw_gone = req.from->gone();
    co_return json(200, "{}");
}
// Answers when the client has left its half, or after five seconds.
inline awaitable<response> until_gone(request& req, app& a) {
    ++a.hits;
    const auto ex = co_await asio::this_coro::executor;
    waiter left(ex);
    const gone_watch watch(req, [&left] { left.notify(); });
    a.saw_gone = co_await left.wait(deadline::after(std::chrono::seconds(5)));
    co_return json(200, a.saw_gone ? R"({"gone":true})" : R"({"gone":false})");
}
inline awaitable<response> describe(request& req, app& a) {
    ++a.hits;
    std::string s;
    s.append(req.id)
        .append("|")
        .append(req.trace_id)
        .append("|")
        .append(req.parent_span)
        .append("|")
        .append(req.trace_flags)
        .append("|");
    s.append(req.client_address)
        .append("|")
        .append(std::to_string(req.until.remaining().count()))
        .append("|")
        .append(req.params[0]);
    co_return json(200, s);
}
inline awaitable<response> fails(request& req, app&) {
    if (req.query == "api") throw api_error(409, "conflict", "No").with_header("Retry-After", "3");
    if (req.query == "db") throw std::runtime_error("db is down");
    if (req.query == "deadline") throw deadline_exceeded();
    throw std::runtime_error("SELECT secret FROM t");
    co_return response();
}
inline awaitable<response> headers(request&, app&) {
    response r = json(200, "<html>");
    r.content_type = "text/html";
    with_header(r, "Cache-Control", "max-age=60");
    with_header(r, "X-Bad", "a\r\nInjected: yes");
    r.head_block = "content-security-policy: default-src 'self'\r\nX-Own: 1\r\n";
    co_return r;
}
inline awaitable<response> counts_stream(request& req, app& a) {
    ++a.hits;
    std::size_t n = 0, pieces = 0;
    if (req.query == "ignore") co_return json(200, "{}");
    for (;;) {
        const deadline d = deadline::after(std::chrono::seconds(5));
        const std::string_view piece = co_await req.stream->next(d);
        if (piece.empty()) break;
        n += piece.size();
        ++pieces;
    }
    co_return json(200, std::to_string(n) + (pieces > 0 ? "+" : ""));
}
// `n` pieces of 1000 bytes; throws instead of piece `fail_at`.
class pieces final : public body_source {
public:
    pieces(int n, int fail_at) : n_(n), fail_at_(fail_at), text_(1000, 'x') {}
    awaitable<std::string_view> next(deadline) override {
        if (at_ == fail_at_) throw std::runtime_error("source broke");
        if (at_++ >= n_) co_return std::string_view();
        co_await sleep_ms(1);
        co_return text_;
    }

private:
    int n_, fail_at_, at_ = 0;
    std::string text_;
};
inline awaitable<response> streams(request& req, app&) {
    response r;
    r.content_type = "text/plain";
    r.stream = std::make_unique<pieces>(20, req.query == "early" ? 0 : req.query == "late" ? 10 : -1);
    co_return r;
}
// Says hello, then what happens to it: its client left, its server stops.
class lively final : public live_source {
public:
    lively(const request& req, app& a, executor ex)
        : ex_(ex), state_(a), breaks_(req.query == "break"), floods_(req.query == "flood"), left_(req, [this] {
              note("left\n");
          }) {}
    awaitable<std::string_view> next(deadline) override {
        if (asked_++ == 0) co_return "hello\n";
        if (breaks_) throw std::runtime_error("source broke");
        if (floods_) {
            ++state_.hits;
            text_.assign(64 << 10, 'x');
            co_return text_;
        }
        if (over_) co_return std::string_view();
        const auto happened = std::make_shared<waiter>(ex_);
        happened_ = happened;
        if (!said_.empty()) happened->notify();
        co_await happened->wait(deadline::after(std::chrono::seconds(20)));
        over_ = said_ != "left\n";
        co_return std::exchange(said_, {});
    }
    void wind_up() override { note("bye\n"); }

private:
    void note(std::string_view what) {
        said_ = what;
        if (happened_) happened_->notify();
    }
    executor ex_;
    app& state_;
    bool breaks_, floods_;
    bool over_ = false;
    int asked_ = 0;
    std::string text_;
    std::string_view said_;
    std::shared_ptr<waiter> happened_;
    gone_watch left_;
};
inline awaitable<response> live(request& req, app& a) {
    const auto ex = co_await asio::this_coro::executor;
    response r;
    r.content_type = "text/event-stream";
    r.stream = std::make_unique<lively>(req, a, ex);
    co_return r;
}
inline awaitable<response> big(request&, app&) { co_return json(200, std::string(8 << 20, 'x')); }

constexpr route_flags raised{1 << 20, false, true};
constexpr route_flags streamed{1 << 20, true, false};
constexpr route_flags any{0, false, true};

inline constexpr route<app> routes[] = {
    {verb::get, "/hit", hit, mita::http::access::open},
    {verb::post, "/hit", hit, mita::http::access::open, any},
    {verb::post, "/echo", echo, mita::http::access::open, raised},
    {verb::put, "/echo", echo, mita::http::access::open},
    {verb::patch, "/echo", echo, mita::http::access::open},
    {verb::post, "/small", echo, mita::http::access::open, any},
    {verb::post, "/private", echo, mita::http::access::user},
    {verb::post, "/left", time_left, mita::http::access::open},
    {verb::del, "/nothing", nothing, mita::http::access::open},
    {verb::get, "/held", held, mita::http::access::open},
    {verb::post, "/held", held, mita::http::access::open},
    {verb::get, "/until_gone", until_gone, mita::http::access::open},
    {verb::get, "/describe/{x}", describe, mita::http::access::open},
    {verb::get, "/fails", fails, mita::http::access::open},
    {verb::get, "/headers", headers, mita::http::access::open},
    {verb::post, "/stream", counts_stream, mita::http::access::open, streamed},
    {verb::get, "/stream", streams, mita::http::access::open},
    {verb::get, "/big", big, mita::http::access::open},
    {verb::get, "/live", live, mita::http::access::open},
};

inline server_options quick() {
    server_options o;
    o.name = "test";
    return o;
}

inline bool matches_uuid7(const std::string& s) { return s.size() == 36 && s[14] == '7' && uuid::parse(s).has_value(); }

class running {
public:
    explicit running(server_options o = quick(), unsigned workers = 1, std::uint16_t at = 0)
        : log_file_(std::tmpfile(), &std::fclose),
          log("test", log_level::info, ::fileno(log_file_.get())),
          rt(workers, log, std::chrono::seconds(5)) {
        std::vector<server*> all;
        for (unsigned i = 0; i < workers; ++i) {
            services.push_back(std::make_unique<dispatcher<app>>(std::span<const route<app>>(routes), state));
            servers.push_back(std::make_unique<server>(rt.at(i), o, *services.back(), log, registry));
            all.push_back(servers.back().get());
        }
        accept = std::make_unique<listener>(rt, "127.0.0.1", at, all, log);
        port = accept->port();
        rt.on_stop(stop_stage::drain, 0, [this](deadline) { return accept->close(); });
        for (unsigned i = 0; i < workers; ++i)
            rt.on_stop(stop_stage::drain, i, [s = servers[i].get()](deadline d) { return s->drain(d); });
        accept->start();
        thread = std::thread([this] { result = rt.run(); });
    }
    ~running() { stop(); }
    // Orderly; returns run()'s result.
    int stop() {
        if (thread.joinable()) {
            rt.request_stop();
            thread.join();
        }
        return result;
    }
    raw::socket connect() const { return raw::socket::connect(port); }
    raw::answer ask(const std::string& bytes) const {
        raw::socket s = connect();
        s.send(bytes);
        return s.read();
    }
    std::string logged() {
        log.flush();
        std::string text;
        std::rewind(log_file_.get());
        char buffer[4096];
        for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, log_file_.get())) > 0;)
            text.append(buffer, n);
        return text;
    }

private:
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> log_file_;  // outlives the log's thread

public:
    logger log;
    metrics::registry registry;
    app state;
    runtime rt;
    std::vector<std::unique_ptr<dispatcher<app>>> services;
    std::vector<std::unique_ptr<server>> servers;
    std::unique_ptr<listener> accept;
    std::uint16_t port = 0;
    std::thread thread;
    int result = -1;
};

inline std::string get(const std::string& target, const std::string& more = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: h\r\n" + more + "\r\n";
}
inline std::string post(const std::string& target, const std::string& body, const std::string& more = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n" + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}
inline std::string chunked(const std::string& target, const std::string& body) {
    std::string out = "POST " + target +
                      " HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t at = 0; at < body.size(); at += 7) {
        char size[16];
        const std::string piece = body.substr(at, 7);
        std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
        out += size + piece + "\r\n";
    }
    return out + "0\r\n\r\n";
}

}  // namespace test_http
