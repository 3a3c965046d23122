// The client: what counts as an answer (R16), and as the end of one.
#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

using namespace test_client;

TEST_CASE("R10, R16: answers are framed by their kind, sent whole or byte by byte") {
    const struct {
        std::string bytes;
        verb method;
        unsigned status;
        std::string body;
        bool kept;
    } cases[] = {
        {ok("hello"), verb::get, 200, "hello", true},
        {ok(std::string(100'000, 'x')), verb::get, 200, std::string(100'000, 'x'), true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nT: u\r\n\r\n",
         verb::get, 200, "hello!", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", verb::head, 200, "", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", verb::get, 204, "", true},
        {"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 99\r\n\r\n", verb::get, 304, "", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok("x"), verb::get, 200, "x", true},
        {"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nab", verb::get, 200, "ab", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab", verb::get, 200, "ab", false},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", verb::get, 204, "", false},
    };
    for (const auto& c : cases) {
        INFO(c.bytes.substr(0, 100));
        for (const bool bytewise : {false, true}) {
            if (bytewise && c.bytes.size() > 1000) continue;
            upstream up([&](raw::socket& s, int) {
                while (!read_request(s).empty()) {
                    if (bytewise) {
                        for (const char b : c.bytes) s.send(std::string_view(&b, 1));
                    } else {
                        s.send(c.bytes);
                    }
                }
            });
            fixture f(up.port());
            for (int i = 0; i < 2; ++i) {
                const client_response r = f.send(client_request(c.method, "/"));
                CHECK(r.status == c.status);
                CHECK(r.body == c.body);
                for (const header& h : r.headers)
                    CHECK(r.buffer.find(std::string(h.name) + ": " + std::string(h.value)) != std::string::npos);
            }
            CHECK(up.connections() == (c.kept ? 1 : 2));
        }
    }
}

TEST_CASE("An answer without length ends with its connection; one with a length that ends early is an error") {
    upstream up([](raw::socket& s, int n) {
        read_request(s);
        if (n == 0) s.send("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        if (n == 1) s.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
        if (n == 2) s.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n");
        if (n == 3) s.send("HTTP/1.1 200 OK\r\nContent-Le");
        s.close();
    });
    fixture f(up.port());
    CHECK(f.get().body == "until the end");
    for (int i = 0; i < 3; ++i) {
        try {
            f.get();
            FAIL("accepted");
        } catch (const upstream_error& e) {
            CHECK_FALSE(e.before_bytes);
        }
    }
    CHECK(up.connections() == 4);
}

TEST_CASE("R16: garbage from an upstream is an error and ends the connection") {
    for (const std::string& bytes : std::vector<std::string>{
             "garbage\r\n\r\n", "HTTP/1.1 200 OK\n\n",
             "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 101 Switching\r\n\r\n",
             "HTTP/1.1 200 OK\r\nA: " + std::string(20000, 'a')}) {
        INFO(bytes.substr(0, 100));
        bool ended = false;
        upstream up([&](raw::socket& s, int) {
            read_request(s);
            s.send(bytes);
            ended = s.ended();
        });
        {
            fixture f(up.port());
            CHECK_THROWS_AS(f.get(), upstream_error);
            CHECK(f.c->snapshot().idle == 0);
            CHECK(f.c->snapshot().busy == 0);
        }
    }
}

TEST_CASE("R16: bytes after a complete answer, with it or later, are never taken for the next one") {
    upstream up([](raw::socket& s, int n) {
        read_request(s);
        s.send(ok("first") + (n == 0 ? ok("poison") : ""));
        if (n == 1) {
            std::this_thread::sleep_for(20ms);
            s.send(ok("poison"));
        }
        s.until("never");
    });
    fixture f(up.port());
    CHECK(f.get().body == "first");
    CHECK(f.c->snapshot().idle == 0);
    CHECK(f.get().body == "first");
    f.settle([&] { return f.c->snapshot().idle == 0; });
    CHECK(f.c->snapshot().idle == 0);
    CHECK(f.get().body == "first");
    CHECK(up.connections() == 3);
}

TEST_CASE("R16: an answer that comes before the request was sent is delivered, and the connection is not reused") {
    upstream up([](raw::socket& s, int n) {
        if (n > 0) return always(ok("next"))(s, n);
        s.until("\r\n\r\n");
        s.send("HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
        std::this_thread::sleep_for(100ms);  // the body is left unread
    });
    fixture f(up.port());
    const client_response r = f.send(make(verb::post, std::string(16 << 20, 'x')));
    CHECK(r.status == 413);
    CHECK(r.body == "big");
    CHECK(f.c->snapshot().idle == 0);
    CHECK(f.get().body == "next");
}
