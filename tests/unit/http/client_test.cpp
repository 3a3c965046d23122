#include "http/client.hpp"
#include "core/error.hpp"
#include "raw_socket.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace mita;
using namespace mita::http;
using namespace std::chrono_literals;

namespace {

// An upstream that does to its n-th connection (from 0) what `script` says.
class upstream {
public:
    using script = std::function<void(raw::socket&, int)>;
    explicit upstream(script s) : script_(std::move(s)), acceptor_([this] { run(); }) {}
    ~upstream() {
        stopping_ = true;
        try {
            raw::socket::connect(listening_.port());  // wakes accept
        } catch (const std::runtime_error&) {
        }
        acceptor_.join();
        for (std::thread& t : threads_) t.join();
    }
    std::uint16_t port() const { return listening_.port(); }
    int connections() const { return connections_; }

private:
    void run() {
        for (;;) {
            auto s = std::make_shared<raw::socket>(listening_.accept());
            if (stopping_) return;
            const int n = connections_++;
            threads_.emplace_back([this, s, n] { script_(*s, n); });
        }
    }
    raw::listening listening_;
    script script_;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// A request with its body, "" at the end of the connection.
std::string read_request(raw::socket& s) {
    std::string text = s.until("\r\n\r\n");
    const std::size_t at = text.find("Content-Length: ");
    if (at != std::string::npos) text += s.exactly(static_cast<std::size_t>(std::atol(text.c_str() + at + 16)));
    return text;
}

std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Answers every request with `answer` and keeps the connection.
upstream::script always(std::string answer) {
    return [answer](raw::socket& s, int) {
        while (!read_request(s).empty()) s.send(answer);
    };
}

struct fixture {
    explicit fixture(std::uint16_t port, std::function<void(client_options&)> change = {})
        : log("test", log_level::off), context(1) {
        client_options o;
        o.name = "up";
        o.port = port;
        if (change) change(o);
        c = std::make_unique<client>(context.get_executor(), o, log, registry);
    }
    ~fixture() {
        test::run(context, c->close(deadline::after(1s)));
        c.reset();
        context.poll();
    }
    client_response send(client_request r, deadline d = test::soon()) {
        return test::run(context, c->send(std::move(r), d));
    }
    client_response get(const std::string& target = "/", deadline d = test::soon()) {
        return send(client_request(verb::get, target), d);
    }
    // Lets the loop see what the upstream did meanwhile.
    void settle(std::function<bool()> done) {
        for (int i = 0; i < 500 && !done(); ++i) {
            context.restart();
            context.run_for(10ms);
        }
    }
    logger log;
    metrics::registry registry;
    asio::io_context context;
    std::unique_ptr<client> c;
};

client_request make(verb v, std::string body, bool idempotent = false) {
    client_request r(v, "/x");
    r.body = std::move(body);
    r.idempotent = idempotent;
    return r;
}

}  // namespace

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

TEST_CASE("A connection that the upstream closed while idle is noticed and not used, not even for a POST") {
    upstream up([](raw::socket& s, int) {
        read_request(s);
        s.send(ok("x"));
        s.close();
    });
    fixture f(up.port());
    for (int i = 0; i < 3; ++i) {
        CHECK(f.send(make(verb::post, "b")).body == "x");
        f.settle([&] { return f.c->snapshot().idle == 0; });
    }
    CHECK(up.connections() == 3);
}

TEST_CASE("A reused connection that closes before any answer byte is retried once, if the request may be repeated") {
    const struct {
        verb method;
        bool idempotent, retried;
    } cases[] = {{verb::get, false, true}, {verb::put, false, true},   {verb::del, false, true},
                 {verb::post, true, true}, {verb::post, false, false}, {verb::patch, false, false}};
    for (const auto& c : cases) {
        INFO(name(c.method) << " " << c.idempotent);
        upstream up([](raw::socket& s, int n) {
            read_request(s);
            s.send(ok("x"));
            if (read_request(s).empty()) return;
            if (n == 0) s.close();  // takes the second request and leaves
            if (n == 1) s.send(ok("never"));
        });
        fixture f(up.port());
        CHECK(f.send(make(c.method, "b", c.idempotent)).body == "x");
        if (c.retried) {
            CHECK(f.send(make(c.method, "b", c.idempotent)).body == "x");
            CHECK(up.connections() == 2);
        } else {
            try {
                f.send(make(c.method, "b", c.idempotent));
                FAIL("sent twice");
            } catch (const upstream_error& e) {
                CHECK(e.before_bytes);
            }
            CHECK(up.connections() == 1);
        }
    }
}

TEST_CASE("A new connection that closes without an answer is not retried, nor is half an answer") {
    upstream closes([](raw::socket& s, int) {
        read_request(s);
        s.close();
    });
    fixture f(closes.port());
    CHECK_THROWS_AS(f.get(), upstream_error);
    CHECK(closes.connections() == 1);
    upstream half([](raw::socket& s, int) {
        read_request(s);
        s.send(ok("x"));
        if (read_request(s).empty()) return;
        s.send("HTTP/1.1 2");
        s.close();
    });
    fixture g(half.port());
    CHECK(g.get().body == "x");
    try {
        g.get();
        FAIL("accepted");
    } catch (const upstream_error& e) {
        CHECK_FALSE(e.before_bytes);
    }
    CHECK(half.connections() == 1);
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

TEST_CASE("Beyond max_connections requests wait in order, and beyond max_waiting they are refused at once") {
    std::mutex mutex;
    std::vector<std::string> order;
    upstream up([&](raw::socket& s, int) {
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            {
                const std::lock_guard lock(mutex);
                order.push_back(request.substr(4, 2));
            }
            std::this_thread::sleep_for(50ms);
            s.send(ok("x"));
        }
    });
    fixture f(up.port(), [](client_options& o) {
        o.max_connections = 1;
        o.max_waiting = 3;
    });
    std::string results;
    int done = 0;
    for (const char* target : {"/0", "/1", "/2", "/3", "/4"}) {
        const deadline d = target[1] == '2' ? deadline::after(60ms) : test::soon();
        asio::co_spawn(f.context, f.c->send(client_request(verb::get, target), d),
                       [&, target](std::exception_ptr e, const client_response& r) {
                           ++done;
                           try {
                               if (e) std::rethrow_exception(e);
                               results += std::string(target + 1) + (r.body == "x" ? "+" : "?");
                           } catch (const overloaded&) {
                               results += std::string(target + 1) + "o";
                           } catch (const deadline_exceeded&) {
                               results += std::string(target + 1) + "d";
                           }
                       });
    }
    f.settle([&] { return done == 5; });
    CHECK(results == "4o0+2d1+3+");
    CHECK(order == std::vector<std::string>{"/0", "/1", "/3"});
    CHECK(up.connections() == 1);
    CHECK(f.c->snapshot().waiting == 0);
}

TEST_CASE("Waiters get the place of a connection that ended badly") {
    upstream up([](raw::socket& s, int n) {
        if (n == 0) {
            read_request(s);
            s.close();
        } else {
            always(ok("x"))(s, n);
        }
    });
    fixture f(up.port(), [](client_options& o) { o.max_connections = 1; });
    int good = 0, bad = 0;
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(f.context, f.c->send(make(verb::post, "b"), test::soon()),
                       [&](std::exception_ptr e, const client_response&) { ++(e ? bad : good); });
    f.settle([&] { return good + bad == 3; });
    CHECK(good == 2);
    CHECK(bad == 1);
    CHECK(up.connections() == 2);
}

TEST_CASE("Idle connections are closed after their timeout, and close() lets running requests end") {
    std::atomic<bool> slow{false};
    upstream up([&slow](raw::socket& s, int) {
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            if (request.find("/slow") != std::string::npos) {
                slow = true;
                std::this_thread::sleep_for(100ms);
            }
            s.send(ok("x"));
        }
    });
    fixture f(up.port(), [](client_options& o) { o.idle_timeout = 100ms; });
    f.get();
    CHECK(f.c->snapshot().idle == 1);
    f.settle([&] { return f.c->snapshot().idle == 0; });
    CHECK(f.c->snapshot().idle == 0);
    bool answered = false, closed = false;
    asio::co_spawn(f.context, f.c->send(client_request(verb::get, "/slow"), test::soon()),
                   [&](std::exception_ptr e, const client_response& r) { answered = !e && r.body == "x"; });
    f.settle([&] { return slow.load(); });
    asio::co_spawn(f.context, f.c->close(test::soon()), [&](std::exception_ptr) { closed = true; });
    f.settle([&] { return closed; });
    CHECK(answered);
    CHECK_THROWS_AS(f.get(), upstream_error);
}

TEST_CASE("L7: half_close() lets the upstream see the end of our half and still answer, once") {
    std::atomic<bool> asked = false;
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        asked = true;
        if (s.ended()) s.send(ok("late"));
    });
    fixture f(up.port());
    client_response out;
    const std::string head = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    bool answered = false;
    f.c->half_close(out);  // nothing runs yet
    asio::co_spawn(f.context, f.c->exchange(head, {}, verb::get, false, out, test::soon()),
                   [&](std::exception_ptr e) { answered = !e; });
    f.settle([&] { return asked.load(); });
    CHECK_FALSE(answered);
    f.c->half_close(out);
    f.settle([&] { return answered; });
    CHECK(answered);
    CHECK(out.body == "late");
    CHECK(f.c->snapshot().idle == 0);
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
