// The server: slow clients, and too many of them.
#include "test_service.hpp"

#include <sys/resource.h>
#include <catch2/catch.hpp>

using namespace test_http;
using namespace std::chrono_literals;

TEST_CASE("R13: slow heads and slow bodies get 408, silent connections are just closed") {
    server_options o = quick();
    o.head_timeout = o.body_timeout = o.idle_timeout = 300ms;
    running r(o);
    const struct {
        std::string bytes;
        int status;
    } cases[] = {
        {"G", 408},
        {"GET /hit HTTP/1.1\r\nHost: h\r\n", 408},
        {post("/echo", "12345").substr(0, post("/echo", "12345").size() - 1), 408},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: "
         "chunked\r\n\r\n5\r\n12",
         408},
        {"POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12", 408},
        {"POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 300000\r\n\r\n12", 408},
        {"", 0}};
    std::vector<std::thread> all;
    std::atomic<int> good{0};
    for (const auto& c : cases)
        all.emplace_back([&] {
            raw::socket s = r.connect();
            s.send(c.bytes);
            const raw::answer a = s.read();
            if (a.status == c.status && s.ended()) ++good;
        });
    // A trickle does not push the limit out: one byte every 50 ms.
    all.emplace_back([&] {
        raw::socket s = r.connect();
        for (const char ch : get("/hit", "A: " + std::string(100, 'a') + "\r\n")) {
            if (!s.send(std::string_view(&ch, 1))) break;
            std::this_thread::sleep_for(50ms);
        }
        if (s.read().status == 408) ++good;
    });
    // An idle keep-alive connection is closed without an answer.
    all.emplace_back([&] {
        raw::socket s = r.connect();
        s.send(get("/hit"));
        if (s.read().status == 200 && s.ended()) ++good;
    });
    for (std::thread& t : all) t.join();
    CHECK(good == 9);
}

TEST_CASE("The time a client takes to send its body is not taken from the handler's deadline") {
    server_options o = quick();
    o.handle_timeout = 300ms;
    running r(o);
    raw::socket s = r.connect();
    const std::string bytes = post("/left", "12345");
    s.send(bytes.substr(0, bytes.size() - 1));
    std::this_thread::sleep_for(350ms);
    s.send("5");
    CHECK(std::stoi(s.read().body) > 200);
}

TEST_CASE("A client that does not read its answer is cut off after the write timeout") {
    server_options o = quick();
    o.write_timeout = 300ms;
    running r(o);
    raw::socket s(::socket(AF_INET, SOCK_STREAM, 0));
    const int small = 4096;
    ::setsockopt(s.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    REQUIRE(s.connect_to(r.port));
    s.send(get("/big"));
    REQUIRE(s.more());
    for (int i = 0; i < 500 && r.servers[0]->connections() > 0; ++i) std::this_thread::sleep_for(10ms);
    CHECK(r.servers[0]->connections() == 0);
    const raw::answer a = s.read();
    CHECK_FALSE(a.complete);
    raw::socket t = r.connect();
    t.send(get("/big"));
    CHECK(t.read().body.size() == 8 << 20);
}

TEST_CASE("More requests in flight than allowed are shed with 503 and Retry-After before their bodies") {
    server_options o = quick();
    o.max_in_flight = 1;
    running r(o);
    r.state.hold_ms = 300;
    raw::socket s = r.connect();
    s.send(get("/held"));
    while (r.state.hits == 0) std::this_thread::yield();
    const raw::answer a =
        r.ask("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n");
    CHECK(a.status == 503);
    CHECK_FALSE(a.header("retry-after").empty());
    CHECK(a.body.find("\"overloaded\"") != std::string::npos);
    CHECK(s.read().status == 200);
    CHECK(r.ask(get("/hit")).status == 200);
    CHECK(r.registry.expose().find("mita_http_shed_total{service=\"test\"} 1") != std::string::npos);
}

TEST_CASE("Beyond max_connections accepting pauses and goes on when one ends") {
    server_options o = quick();
    o.max_connections = 2;
    running r(o);
    raw::socket a = r.connect(), b = r.connect(), c = r.connect();
    a.send(get("/hit"));
    b.send(get("/hit"));
    CHECK(a.read().status == 200);
    CHECK(b.read().status == 200);
    c.send(get("/hit"));
    c.patience(200);
    CHECK(c.read().status == 0);
    a.close();
    c.patience(10'000);
    CHECK(c.read().status == 200);
}

// Without a descriptor UBSan cannot look at memory and reports what is none.
#if !__has_feature(undefined_behavior_sanitizer)
TEST_CASE("Out of descriptors, accepting pauses and recovers") {
    running r;
    REQUIRE(r.ask(get("/hit")).status == 200);
    raw::socket s(::socket(AF_INET, SOCK_STREAM, 0));
    rlimit before{};
    getrlimit(RLIMIT_NOFILE, &before);
    rlimit none = before;
    none.rlim_cur = static_cast<rlim_t>(s.fd()) + 1;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
    REQUIRE(s.connect_to(r.port));
    s.send(get("/hit"));
    s.patience(250);
    const int starved = s.read().status;
    REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    CHECK(starved == 0);
    s.patience(10'000);
    CHECK(s.read().status == 200);
    CHECK(r.logged().find("accept_failed") != std::string::npos);
}
#endif

TEST_CASE("R13: behind a gateway a trusted peer's head may have what a gateway adds, anybody else's not") {
    std::string lines;
    for (int i = 0; i < 104; ++i) lines += "A: b\r\n";
    const std::string left = "X-Request-Deadline-Ms: 1000\r\n";
    server_options o = quick();
    CHECK(running(o).ask(get("/hit", lines + left)).status == 431);
    o.behind_gateway = true;
    {
        running r(o);
        CHECK(r.ask(get("/hit", lines + left)).status == 200);
        CHECK(r.ask(get("/hit", lines)).status == 431);
    }
    o.trusted_peers = {"10.0.0.0/8"};
    CHECK(running(o).ask(get("/hit", lines + left)).status == 431);
}

TEST_CASE("R19: only to a trusted gateway, which says it to the client, an answer leaves out what each must carry") {
    const std::string left = "X-Request-Deadline-Ms: 1000\r\n";
    const auto whole = [](const raw::answer& a) {
        std::size_t there = 0;
        for (const char* name : {"date", "x-request-id", "traceparent", "x-content-type-options", "x-frame-options",
                                 "strict-transport-security", "content-security-policy", "referrer-policy"})
            there += a.header(name).empty() ? 0 : 1;
        CHECK((there == 0 || there == 8));
        return there == 8;
    };
    server_options o = quick();
    CHECK(whole(running(o).ask(get("/hit", left))));
    o.behind_gateway = true;
    {
        running r(o);
        const raw::answer a = r.ask(get("/hit", left));
        CHECK(a.body == "{\"ok\":true}");
        CHECK(a.header("content-type") == "application/json");
        CHECK(a.header("content-length") == "11");
        CHECK_FALSE(whole(a));
        CHECK_FALSE(whole(r.ask(get("/missing", left))));
        CHECK(whole(r.ask(get("/hit"))));
        CHECK(whole(r.ask(get("/hit", "X-Request-Deadline-Ms: soon\r\n"))));
        CHECK(whole(r.ask(get("/hit", left + "A : b\r\n"))));  // refused: nothing of it is believed
    }
    o.trusted_peers = {"10.0.0.0/8"};
    CHECK(whole(running(o).ask(get("/hit", left))));
}
