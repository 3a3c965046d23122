// The client: its connections: reuse, retries, queue, end.
#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

#include <mutex>

using namespace test_client;

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

TEST_CASE("R12: A caller that asks again the moment it is answered gets its own answers, whole and in order") {
    // As the gateway does when its client pipelines: the next exchange begins on the same connection before the
    // completion of the last one has returned.
    upstream up([](raw::socket& s, int) {
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            const int n = std::atoi(request.c_str() + 5);
            s.send(ok(std::to_string(n) + std::string(static_cast<std::size_t>(n * 37 % 20'000), 'x')));
        }
    });
    fixture f(up.port());
    int right = 0;
    auto many = [&](int from) -> awaitable<void> {
        client_response out;
        for (int n = from; n < from + 200; ++n) {
            const std::string head = "GET /" + std::to_string(n) + " HTTP/1.1\r\nHost: x\r\n\r\n";
            co_await f.c->exchange(head, {}, verb::get, false, out, mita::test::soon());
            const std::string expected =
                std::to_string(n) + std::string(static_cast<std::size_t>(n * 37 % 20'000), 'x');
            if (out.status == 200 && out.body == expected) ++right;
        }
    };
    mita::test::run(f.context, many(0));
    CHECK(right == 200);
    CHECK(up.connections() == 1);
    for (int k = 1; k <= 4; ++k)
        asio::co_spawn(f.context, many(k * 1000), [](std::exception_ptr e) { CHECK(e == nullptr); });
    f.settle([&] { return right == 1000; });
    CHECK(right == 1000);
}

TEST_CASE("R16: bytes behind an answer are nobody's, however soon the next request follows") {
    // The caller asks again the moment it is answered, so that nothing had time to notice them.
    for (const std::size_t size : {0u, 100u, 7'000u, 20'000u, 40'000u}) {
        INFO(size);
        upstream up([size](raw::socket& s, int) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            s.send(ok(request.substr(5, 3) + std::string(size, 'x')) + ok("nobody's"));
            read_request(s);
        });
        fixture f(up.port());
        int right = 0;
        const auto many = [&]() -> awaitable<void> {
            client_response out;
            for (int n = 100; n < 150; ++n) {
                const std::string head = "GET /" + std::to_string(n) + " HTTP/1.1\r\nHost: x\r\n\r\n";
                co_await f.c->exchange(head, {}, verb::get, false, out, mita::test::soon());
                if (out.body == std::to_string(n) + std::string(size, 'x')) ++right;
            }
        };
        mita::test::run(f.context, many());
        CHECK(right == 50);
        CHECK(up.connections() == 50);
    }
}

TEST_CASE("R16: an upstream that spoke or left while idle is not asked, though nothing had time to notice") {
    for (const std::string& unasked : {ok("nobody's"), std::string("x"), std::string()}) {  // empty: it leaves
        INFO(unasked.size());
        std::atomic<int> idle{0}, asked{0};
        upstream up([&](raw::socket& s, int n) {
            const std::string request = read_request(s);
            s.send(ok("x" + std::to_string(n)));
            if (unasked.empty()) {
                s.close();
            } else {
                s.send(unasked);
            }
            ++idle;
            if (!unasked.empty() && !read_request(s).empty()) ++asked;
        });
        fixture f(up.port());
        for (int n = 0; n < 3; ++n) {
            REQUIRE(f.send(make(verb::post, "b")).body == "x" + std::to_string(n));
            for (int ms = 0; ms < 5'000 && idle <= n; ++ms) std::this_thread::sleep_for(1ms);  // the loop does not run
        }
        CHECK(up.connections() == 3);
        CHECK(asked == 0);
    }
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

TEST_CASE("Beyond max_connections requests wait in order, and beyond max_waiting they are refused at once") {
    std::mutex mutex;
    std::vector<std::string> order;
    std::atomic<bool> late{false};  // /2 has given up: /1 was kept until then
    upstream up([&](raw::socket& s, int) {
        for (;;) {
            const std::string request = read_request(s);
            if (request.empty()) return;
            {
                const std::lock_guard lock(mutex);
                order.push_back(request.substr(4, 2));
            }
            while (request.starts_with("GET /1 ") && !late) std::this_thread::yield();
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
        const deadline d = target[1] == '2' ? deadline::after(300ms) : test::soon();
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
                               late = true;
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
