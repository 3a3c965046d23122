// The client: requests, deadlines, and upstreams that are not there.
#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

using namespace test_client;

TEST_CASE("The client keeps one connection for requests that follow each other") {
    upstream up(always(ok("hello")));
    fixture f(up.port());
    for (int i = 0; i < 5; ++i) {
        const client_response r = f.get();
        CHECK(r.status == 200);
        CHECK(r.body == "hello");
        CHECK(r.headers.value("content-length") == "5");
    }
    CHECK(up.connections() == 1);
    CHECK(f.c->snapshot().idle == 1);
    CHECK(f.c->snapshot().last_connect_ok);
}

TEST_CASE("A request carries Host, framing, its headers and the remaining deadline") {
    std::string seen;
    upstream up([&](raw::socket& s, int) {
        seen = read_request(s);
        s.send(ok(""));
    });
    fixture f(up.port());
    client_request r(verb::post, "/v1/x?a=b");
    r.headers = "X-One: 1\r\n";
    r.body = "body";
    f.send(std::move(r), deadline::after(3s));
    CHECK(seen.find("POST /v1/x?a=b HTTP/1.1\r\nHost: 127.0.0.1:") == 0);
    CHECK(seen.find("\r\nX-One: 1\r\n") != std::string::npos);
    CHECK(seen.find("\r\nContent-Length: 4\r\n\r\nbody") != std::string::npos);
    const std::size_t at = seen.find("X-Request-Deadline-Ms: ");
    REQUIRE(at != std::string::npos);
    const int ms = std::atoi(seen.c_str() + at + 23);
    CHECK(ms > 1000);
    CHECK(ms <= 3000);
    CHECK_THROWS_AS(f.get("/a b"), std::invalid_argument);
    CHECK_THROWS_AS(f.get("/a\r\nX: y"), std::invalid_argument);
}

TEST_CASE("Large requests and answers pass whole; answers over the bound do not") {
    const std::string large(5 << 20, 'q');
    std::atomic<std::size_t> received{0};
    upstream up([&](raw::socket& s, int) {
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            received = request.size();
            s.send(ok(large));
        }
    });
    fixture f(up.port());
    CHECK(f.send(make(verb::post, large)).body == large);
    CHECK(received > large.size());
    CHECK(f.get().body == large);
    CHECK(up.connections() == 1);
    fixture g(up.port(), [](client_options& o) { o.max_response = 1 << 20; });
    CHECK_THROWS_AS(g.get(), upstream_error);
    upstream endless([](raw::socket& s, int n) {
        read_request(s);
        s.send(n == 0 ? "HTTP/1.1 200 OK\r\n\r\n" : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while (s.send(n == 0 ? std::string(10'000, 'x') : "3e8\r\n" + std::string(1000, 'x') + "\r\n")) {
        }
    });
    fixture h(endless.port(), [](client_options& o) { o.max_response = 1 << 20; });
    CHECK_THROWS_AS(h.get(), upstream_error);
    CHECK_THROWS_AS(h.get(), upstream_error);
}

TEST_CASE("Every wait ends by the deadline: silence, half a head, half a body, a body that is not taken") {
    upstream up([](raw::socket& s, int n) {
        if (n == 3) {
            std::this_thread::sleep_for(600ms);
            return;
        }
        read_request(s);
        if (n == 1) s.send("HTTP/1.1 200 OK\r\nA:");
        if (n == 2) s.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12");
        s.until("never");
    });
    fixture f(up.port());
    for (int i = 0; i < 4; ++i) {
        const auto began = std::chrono::steady_clock::now();
        CHECK_THROWS_AS(f.send(make(verb::post, i == 3 ? std::string(16 << 20, 'x') : "b"), deadline::after(150ms)),
                        deadline_exceeded);
        CHECK(std::chrono::steady_clock::now() - began < 2s);
        CHECK(f.c->snapshot().busy == 0);
        CHECK(f.c->snapshot().idle == 0);
    }
    CHECK_THROWS_AS(f.get("/", deadline::after(0ms)), deadline_exceeded);
}

TEST_CASE("An upstream that is not there is an error before any byte; a name that cannot be resolved too") {
    std::uint16_t port = 0;
    {
        raw::listening gone;
        port = gone.port();
    }
    fixture f(port);
    try {
        f.get();
        FAIL("connected");
    } catch (const upstream_error& e) {
        CHECK(e.before_bytes);
    }
    CHECK_FALSE(f.c->snapshot().last_connect_ok);
    upstream up(always(ok("x")));
    fixture named(up.port(), [](client_options& o) { o.host = "localhost"; });
    CHECK(named.get().body == "x");
}

TEST_CASE("exchange() writes ready-made bytes and reads into one reused answer") {
    upstream up(always("HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
    fixture f(up.port());
    client_response out;
    const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n", body = "body";
    for (int i = 0; i < 3; ++i) {
        test::run(f.context, f.c->exchange(head, body, verb::post, false, out, test::soon()));
        CHECK(out.status == 200);
        CHECK(out.body == "abc");
        CHECK(out.headers.value("x-a") == "b");
    }
    CHECK(up.connections() == 1);
}
