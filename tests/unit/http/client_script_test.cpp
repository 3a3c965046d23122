// The client alone against upstreams that follow a script: every cut, every end, every silence, and callers that ask
// again inside their answer while others wait in line.
#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <random>

using namespace test_client;

namespace {

// One of each framing, with the body "hello".
const std::vector<std::string> answers = {
    "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: u\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nA: b\r\n\r\nhello",
};

// What became of a request: its body, or how it failed.
std::string result_of(std::exception_ptr e, const client_response& r) {
    try {
        if (e) std::rethrow_exception(e);
        return std::to_string(r.status) + " " + std::string(r.body);
    } catch (const upstream_error& u) {
        return u.before_bytes ? "closed before" : "closed within";
    } catch (const deadline_exceeded&) {
        return "too late";
    }
}

}  // namespace

TEST_CASE("R16: an answer cut in two at any byte is read whole, and its connection used again") {
    for (const std::string& answer : answers) {
        std::atomic<std::size_t> cut{0};
        upstream up([&](raw::socket& s, int) {
            while (!read_request(s).empty()) {
                s.send(std::string_view(answer).substr(0, cut));
                std::this_thread::yield();
                s.send(std::string_view(answer).substr(cut));
            }
        });
        fixture f(up.port());
        for (cut = 1; cut < answer.size(); ++cut) {
            const client_response r = f.get();
            CHECK(r.body == "hello");
            CHECK(r.headers.value("a") == "b");
        }
        CHECK(up.connections() == 1);
    }
}

TEST_CASE(
    "R16: an upstream that closes or resets at any byte of its answer gives an error that says if any byte came") {
    for (const std::string& answer : answers) {
        for (const bool reset : {false, true}) {
            std::atomic<std::size_t> cut{0};
            upstream up([&](raw::socket& s, int) {
                if (read_request(s).empty()) return;
                s.send(std::string_view(answer).substr(0, cut));
                if (reset && cut == 0) return s.reset();
                s.close();
            });
            fixture f(up.port());
            for (cut = 0; cut < answer.size(); ++cut) {
                INFO("cut at " << cut << " of " << answer);
                std::string result;
                asio::co_spawn(f.context, f.c->send(make(verb::post, "b"), test::soon()),
                               [&](std::exception_ptr e, const client_response& r) { result = result_of(e, r); });
                f.settle([&] { return !result.empty(); });
                CHECK(result == (cut == 0 ? "closed before" : "closed within"));
                CHECK(f.c->snapshot().busy == 0);
            }
            CHECK(static_cast<std::size_t>(up.connections()) == answer.size());
        }
    }
}

TEST_CASE("R16: of two answers in one segment the second is nobody's") {
    upstream up([](raw::socket& s, int n) {
        while (!read_request(s).empty()) s.send(n == 0 ? ok("mine") + ok("poison") : ok("good"));
    });
    fixture f(up.port());
    CHECK(f.get().body == "mine");
    for (int i = 0; i < 3; ++i) CHECK(f.get().body == "good");
    CHECK(up.connections() == 2);
}

TEST_CASE("Silence at any point of an answer ends with the deadline, and the connection with it") {
    const std::string& answer = answers[1];
    std::atomic<std::size_t> next{0};
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        s.send(std::string_view(answer).substr(0, next++ * 7));
        s.until("never");
    });
    fixture f(up.port());
    std::vector<std::string> results;
    const std::size_t many = answer.size() / 7 + 1;
    for (std::size_t i = 0; i < many; ++i)
        asio::co_spawn(f.context, f.c->send(make(verb::post, "b"), deadline::after(100ms)),
                       [&](std::exception_ptr e, const client_response& r) { results.push_back(result_of(e, r)); });
    f.settle([&] { return results.size() == many; });
    CHECK(std::count(results.begin(), results.end(), "too late") == static_cast<long>(many));
    CHECK(f.c->snapshot().busy + f.c->snapshot().idle == 0);
}

TEST_CASE("R16: an answer in pieces while its request still waits to be taken is delivered, and nothing is reused") {
    upstream up([](raw::socket& s, int n) {
        if (n > 0) return always(ok("next"))(s, n);
        s.until("\r\n\r\n");
        for (const char c : std::string("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig"))
            s.send(std::string_view(&c, 1));
        s.until("never");  // takes the rest, far behind its answer
    });
    fixture f(up.port());
    const client_response r = f.send(make(verb::post, std::string(16 << 20, 'x')));
    CHECK(r.status == 413);
    CHECK(r.body == "big");
    CHECK(f.c->snapshot().idle == 0);
    CHECK(f.get().body == "next");
}

TEST_CASE("L7: half_close() while the request is still being written leaves it whole") {
    const std::string large(8 << 20, 'x');
    std::atomic<bool> go{false};
    upstream up([&](raw::socket& s, int) {
        while (!go) std::this_thread::yield();
        s.send(ok(std::to_string(read_request(s).size())));
        s.until("never");
    });
    fixture f(up.port());
    const std::string head =
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n";
    client_response out;
    std::string result;
    asio::co_spawn(f.context, f.c->exchange(head, large, verb::post, false, out, test::soon()),
                   [&](std::exception_ptr e) { result = result_of(e, out); });
    f.settle([&] { return f.c->snapshot().busy == 1 && up.connections() == 1; });
    f.c->half_close(out);
    go = true;
    f.settle([&] { return !result.empty(); });
    CHECK(result == "200 " + std::to_string(head.size() + large.size()));
}

TEST_CASE("R12: connections handed over in line to callers that ask again inside their answers stay each one's own") {
    // Few connections, many callers; upstreams that close, talk on, answer in pieces: as seeded.
    const unsigned seed = std::random_device{}();
    INFO("seed " << seed);
    upstream up([seed](raw::socket& s, int n) {
        std::mt19937 random(seed + static_cast<unsigned>(n));
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            const std::string who = request.substr(5, request.find(' ', 5) - 5);
            const std::string answer = ok(who + std::string(random() % 9'000, 'x'));
            const auto cut = random() % answer.size();
            const auto how = random() % 16;
            s.send(answer.substr(0, cut));
            s.send(answer.substr(cut) + (how == 0 ? ok("poison") : ""));
            if (how == 1) return s.close();
        }
    });
    fixture f(up.port(), [](client_options& o) { o.max_connections = 3; });
    constexpr int callers = 12, each = 60;
    int right = 0, ended = 0;
    auto ask = [&](int me) -> awaitable<void> {
        client_response out;
        for (int i = 0; i < each; ++i) {
            const std::string who = std::to_string(me) + "." + std::to_string(i) + ".";
            const std::string head = "GET /" + who + " HTTP/1.1\r\nHost: x\r\n\r\n";
            co_await f.c->exchange(head, {}, verb::get, false, out, test::soon());
            if (out.status == 200 && out.body.substr(0, who.size()) == who) ++right;
        }
    };
    for (int me = 0; me < callers; ++me)
        asio::co_spawn(f.context, ask(me), [&](std::exception_ptr e) {
            CHECK(e == nullptr);
            ++ended;
        });
    f.settle([&] { return ended == callers; });
    CHECK(right == callers * each);
    CHECK(f.c->snapshot().waiting == 0);
    CHECK(f.c->snapshot().busy == 0);
}
