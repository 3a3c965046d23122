#include "test_service.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <random>

using namespace test_http;
using namespace std::chrono_literals;

namespace {

bool matches_uuid7(const std::string& s) {
    if (s.size() != 36 || s[14] != '7') return false;
    return uuid::parse(s).has_value();
}

}  // namespace

TEST_CASE("R19: every answer carries its request id, trace, date and the security headers") {
    running r;
    for (const std::string& bytes : {get("/hit"), get("/missing"), get("/fails"), std::string("BROKEN\r\n\r\n"),
                                     std::string("GET / HTTP/1.1\r\n\r\n")}) {
        INFO(bytes);
        const raw::answer a = r.ask(bytes);
        REQUIRE(a.complete);
        CHECK(matches_uuid7(a.header("x-request-id")));
        CHECK(a.header("traceparent").size() == 55);
        CHECK(a.header("date").size() == 29);
        CHECK(a.header("x-content-type-options") == "nosniff");
        CHECK(a.header("x-frame-options") == "DENY");
        CHECK(a.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'");
        CHECK(a.header("referrer-policy") == "no-referrer");
        CHECK(a.header("cache-control") == "no-store");
        CHECK(a.header("strict-transport-security").find("max-age=") == 0);
        if (a.status >= 400) {
            CHECK(a.header("content-type") == "application/problem+json");
            CHECK(a.body.find("\"request_id\":\"" + a.header("x-request-id") + "\"") != std::string::npos);
        }
    }
}

TEST_CASE("R19: a handler's own security headers replace the standing ones, and its values cannot end a line") {
    running r;
    const raw::answer a = r.ask(get("/headers"));
    CHECK(a.header("cache-control") == "max-age=60");
    CHECK(a.header("content-security-policy") == "default-src 'self'");
    CHECK(a.header("x-own") == "1");
    CHECK(a.header("x-frame-options") == "DENY");
    CHECK(a.header("injected").empty());
    CHECK(a.header("x-bad") == "a  Injected: yes");
    CHECK(a.head.find("no-store") == std::string::npos);
    CHECK(a.head.find("default-src 'none'") == std::string::npos);
}

TEST_CASE("R1-R7: a broken request is answered once and closes; what follows on the connection is never a request") {
    running r;
    const std::string evil = get("/hit");
    const struct {
        int status;
        std::string bytes;
    } cases[] = {
        {400, "GET /hit HTTP/1.1\nHost: h\n\n"},
        {400, "GET /hit HTTP/1.1\r\nHost: h\r\nA : b\r\n\r\n"},
        {400, "GET /hit HTTP/1.1\r\n\r\n"},
        {400, "GET /hit HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
        {405, "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"},
        {501, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
        {400, "POST /hit HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
        {400, "POST /hit HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;\r\na\r\n0\r\n\r\n"},
        {417, "POST /hit HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: tea\r\n\r\n"},
        {501, "BREW /hit HTTP/1.1\r\nHost: h\r\n\r\n"},
        {505, "GET /hit HTTP/3.0\r\nHost: h\r\n\r\n"},
        {414, "GET /" + std::string(8001, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
        {431, "GET /hit HTTP/1.1\r\nHost: h\r\nA: " + std::string(20000, 'a') + "\r\n\r\n"},
        {400, "GET /a/../hit HTTP/1.1\r\nHost: h\r\n\r\n"},
        {400, "GET /hit HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n"},
    };
    for (const auto& c : cases) {
        INFO(c.bytes.substr(0, 120));
        const int before = r.state.hits;
        raw::socket s = r.connect();
        s.send(c.bytes + evil + evil);
        const raw::answer a = s.read();
        CHECK(a.status == c.status);
        CHECK(a.complete);
        CHECK(a.header("connection") == "close");
        CHECK(s.rest().empty());
        CHECK(r.state.hits == before);
        if (c.status == 405) CHECK_FALSE(a.header("allow").empty());
    }
    const std::string text = r.registry.expose();
    CHECK(text.find("mita_http_malformed_total{rule=\"R4\"}") != std::string::npos);
    CHECK(text.find("mita_http_malformed_total{rule=\"R6\"} 3") != std::string::npos);
}

TEST_CASE("R12: three pipelined requests split at every byte are answered the same, in order") {
    running r;
    const std::string bytes = get("/hit", "A: b\r\n") + post("/echo", "\"first\"") +
                              chunked("/echo", "\"second one\"") + get("/missing") +
                              get("/hit", "Connection: close\r\n");
    const auto run_split = [&](std::size_t at, bool bytewise) {
        raw::socket s = r.connect();
        if (bytewise) {
            for (const char c : bytes) s.send(std::string_view(&c, 1));
        } else {
            s.send(bytes.substr(0, at));
            std::this_thread::yield();
            s.send(bytes.substr(at));
        }
        std::string out;
        for (int i = 0; i < 5; ++i) {
            const raw::answer a = s.read();
            out += std::to_string(a.status) + (a.status == 404 ? "" : a.body) + (a.complete ? ";" : "!");
        }
        CHECK(s.ended());
        return out;
    };
    const std::string expected = "200{\"ok\":true};200\"first\";200\"second one\";404;200{\"ok\":true};";
    CHECK(run_split(0, true) == expected);
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
        INFO("cut at " << at);
        CHECK(run_split(at, false) == expected);
    }
}

TEST_CASE("The server counts exactly the requests the client sent, whatever their bodies look like") {
    running r;
    rc::check([&r] {
        const int before = r.state.hits;
        const std::vector<std::string> bodies = {"",
                                                 "GET /hit HTTP/1.1\r\nHost: h\r\n\r\n",
                                                 "0\r\n\r\nGET /hit HTTP/1.1\r\nHost: h\r\n\r\n",
                                                 "\r\n\r\n",
                                                 "0\r\n\r\n",
                                                 std::string(5000, 'x'),
                                                 std::string(70000, 'y')};
        const auto picks = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 28));
        std::string bytes;
        std::vector<std::string> expected;
        for (const int p : picks) {
            const std::string& body = bodies[static_cast<std::size_t>(p) % bodies.size()];
            const int how = p / static_cast<int>(bodies.size());
            if (how == 0) bytes += get("/hit");
            if (how == 1 || how == 3) bytes += post("/echo", body);
            if (how == 2) bytes += chunked("/echo", body);
            expected.push_back(how == 0 ? "{\"ok\":true}" : body);
        }
        raw::socket s = r.connect();
        std::thread sender([&] { s.send(bytes); });
        bool same = true;
        for (const std::string& e : expected) {
            const raw::answer a = s.read();
            same = same && a.status == 200 && a.complete && a.body == e;
        }
        sender.join();
        RC_ASSERT(same);
        RC_ASSERT(r.state.hits - before == static_cast<int>(picks.size()));
    });
}

TEST_CASE("R12: a thousand pipelined requests are answered in order while another connection gets its turn") {
    running r;
    raw::socket s = r.connect();
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += post("/echo", std::to_string(i));
    std::thread sender([&] { s.send(bytes); });
    CHECK(r.ask(get("/hit")).status == 200);
    bool ordered = true;
    for (int i = 0; i < 1000; ++i) ordered = s.read().body == std::to_string(i) && ordered;
    sender.join();
    CHECK(ordered);
}

TEST_CASE("R10: HEAD and 204 have no body, and the connection goes on") {
    running r;
    raw::socket s = r.connect();
    s.send(
        "HEAD /hit HTTP/1.1\r\nHost: h\r\n\r\nDELETE /nothing HTTP/1.1\r\nHost: h\r\n\r\nHEAD /missing "
        "HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n" +
        get("/hit"));
    const raw::answer head = s.read(true);
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "11");
    const raw::answer none = s.read();
    CHECK(none.status == 204);
    CHECK(none.header("content-length").empty());
    CHECK(none.header("content-type").empty());
    CHECK(s.read(true).status == 404);
    CHECK(s.read(true).status == 200);
    CHECK(s.read().body == "{\"ok\":true}");
}

TEST_CASE("HTTP/1.0 closes unless asked to keep, and never sees chunks") {
    running r;
    raw::socket s = r.connect();
    s.send("GET /hit HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const raw::answer kept = s.read();
    CHECK(kept.header("connection") == "keep-alive");
    s.send("GET /stream HTTP/1.0\r\n\r\n");
    const raw::answer a = s.read();
    CHECK(a.header("transfer-encoding").empty());
    CHECK(a.body.size() == 20000);
    raw::socket t = r.connect();
    t.send("GET /hit HTTP/1.0\r\n\r\n");
    CHECK(t.read().header("connection") == "close");
    CHECK(t.ended());
}

TEST_CASE("R11: 100 Continue comes after admission and never with a refusal") {
    running r;
    raw::socket s = r.connect();
    s.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: "
        "5\r\n\r\n");
    CHECK(s.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    s.send("12345");
    CHECK(s.read().body == "12345");
    s.send("POST /stream HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(s.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    s.send("12345");
    CHECK(s.read().body == "5+");
    for (const std::string& head :
         {std::string("POST /private HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
          std::string("POST /small HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 500000\r\n\r\n"),
          std::string("POST /missing HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")}) {
        INFO(head);
        raw::socket t = r.connect();
        t.send(head);
        const raw::answer a = t.read();
        CHECK((a.status == 401 || a.status == 413 || a.status == 404));
        CHECK(a.header("connection") == "close");
        CHECK(t.rest().empty());
    }
}

TEST_CASE(
    "R13: a body over its route's limit is 413, by its declared length before it comes and by count when chunked") {
    running r;
    const std::string limit(64 << 10, 'x');
    CHECK(r.ask(post("/small", limit)).status == 200);
    CHECK(r.ask("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n").status == 413);
    CHECK(r.ask("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n").status == 413);
    CHECK(r.ask(chunked("/small", limit + "x")).status == 413);
    CHECK(r.ask(chunked("/small", limit)).body == limit);
    CHECK(r.ask("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n").status == 413);
    CHECK(r.ask("POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n").status == 413);
    const std::string big(1 << 20, 'z');
    CHECK(r.ask(post("/echo", big)).body == big);
}

TEST_CASE("A refused request's short body is dropped and the connection goes on; a long one closes it") {
    running r;
    raw::socket s = r.connect();
    const std::string head = "POST /private HTTP/1.1\r\nHost: h\r\nContent-Length: ";
    s.send(head + "5\r\n\r\n12345" + get("/hit"));
    CHECK(s.read().status == 401);
    CHECK(s.read().status == 200);
    s.send(head + "60000\r\n\r\n123");
    const raw::answer refused = s.read();
    CHECK(refused.status == 401);
    CHECK(refused.header("connection").empty());
    s.send(std::string(59997, 'x') + get("/hit"));
    CHECK(s.read().status == 200);
    s.send(head + "600000\r\n\r\n123");
    CHECK(s.read().header("connection") == "close");
    CHECK(s.rest().empty());
}

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

TEST_CASE("Streamed request bodies arrive in pieces, whole; one left unread closes the connection") {
    running r;
    raw::socket s = r.connect();
    const std::string big(500'000, 'q');
    for (const std::string& bytes : {post("/stream", big), chunked("/stream", big), post("/stream", "")}) {
        s.send(bytes + get("/hit"));
        const std::string expected = bytes.size() > 1000 ? "500000+" : "";
        const raw::answer a = s.read();
        if (!expected.empty()) CHECK(a.body == expected);
        CHECK(s.read().body == "{\"ok\":true}");
    }
    s.send("POST /stream?ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n" + std::string(1000, 'x'));
    const raw::answer a = s.read();
    CHECK(a.status == 200);
    CHECK(a.header("connection") == "close");
    CHECK(s.rest().empty());
}

TEST_CASE(
    "Streamed answers are chunked; a source that fails late leaves them unfinished, one that fails at once is a 500") {
    running r;
    raw::socket s = r.connect();
    s.send(get("/stream") + get("/hit"));
    const raw::answer a = s.read();
    CHECK(a.complete);
    CHECK(a.body == std::string(20'000, 'x'));
    CHECK(s.read().status == 200);
    s.send(get("/stream?early"));
    CHECK(s.read().status == 500);
    s.send(get("/stream?late"));
    const raw::answer late = s.read();
    CHECK(late.status == 200);
    CHECK_FALSE(late.complete);
    CHECK(s.ended());
    r.stop();
    const std::string text = r.logged();
    CHECK(text.find("source broke") != std::string::npos);
}

TEST_CASE(
    "R17: deadlines and forwarding headers count from trusted peers only; a valid id or trace is continued for "
    "anybody") {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
    const std::string lines =
        "X-Request-Id: abc-1._\r\nX-Request-Deadline-Ms: 40\r\nX-Forwarded-For: 8.8.8.8, 9.9.9.9, "
        "127.0.0.2\r\ntraceparent: 00-" +
        trace + "-" + span + "-01\r\n";
    running r;
    raw::answer a = r.ask(get("/describe/7", lines));
    CHECK(a.body.find("abc-1._|" + trace + "|" + span + "|01|9.9.9.9|") == 0);
    CHECK(a.header("x-request-id") == "abc-1._");
    CHECK(a.header("traceparent").find("00-" + trace + "-") == 0);
    CHECK(a.header("traceparent").find(span) == std::string::npos);
    CHECK(std::stoi(a.body.substr(a.body.find("9.9.9.9|") + 8)) <= 40);
    CHECK(a.body.substr(a.body.size() - 2) == "|7");
    for (const char* id : {"", "a b", "a/b", "\xc3\xa9"})
        CHECK(matches_uuid7(r.ask(get("/hit", "X-Request-Id: " + std::string(id) + "\r\n")).header("x-request-id")));
    CHECK(matches_uuid7(r.ask(get("/hit", "X-Request-Id: " + std::string(65, 'a') + "\r\n")).header("x-request-id")));

    server_options o = quick();
    o.trusted_peers = {"10.0.0.0/8"};
    running strict(o);
    a = strict.ask(get("/describe/7", lines));
    CHECK(a.header("x-request-id") == "abc-1._");
    CHECK(a.body.find("|127.0.0.1|") != std::string::npos);
    CHECK(a.body.find(trace) != std::string::npos);
    CHECK(std::stoi(a.body.substr(a.body.find("127.0.0.1|") + 10)) > 1000);
}

TEST_CASE("R13: 404, 405 with Allow, OPTIONS and 415 are told apart") {
    running r;
    CHECK(r.ask(get("/missing")).status == 404);
    const raw::answer not_allowed = r.ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(not_allowed.status == 405);
    CHECK(not_allowed.header("allow") == "POST, PUT, PATCH, OPTIONS");
    const raw::answer options = r.ask("OPTIONS /hit HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(options.status == 204);
    CHECK(options.header("allow") == "GET, HEAD, POST, OPTIONS");
    CHECK(r.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status == 204);
    const auto with_type = [&](const std::string& verb, const std::string& type) {
        return r
            .ask(verb + " /echo HTTP/1.1\r\nHost: h\r\n" + (type.empty() ? "" : "Content-Type: " + type + "\r\n") +
                 "Content-Length: 2\r\n\r\n{}")
            .status;
    };
    CHECK(with_type("PUT", "application/json") == 200);
    CHECK(with_type("PUT", "application/json; charset=UTF-8") == 200);
    CHECK(with_type("PUT", "application/merge-patch+json") == 415);
    CHECK(with_type("PATCH", "application/merge-patch+json") == 200);
    CHECK(with_type("PUT", "text/plain") == 415);
    CHECK(with_type("PUT", "") == 415);
    CHECK(r.ask("PUT /echo HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
}

TEST_CASE("Handlers' exceptions become problems; text of ours goes to the log and not to the client") {
    running r;
    const raw::answer api = r.ask(get("/fails?api"));
    CHECK(api.status == 409);
    CHECK(api.header("retry-after") == "3");
    CHECK(r.ask(get("/fails?db")).status == 503);
    CHECK(r.ask(get("/fails?deadline")).status == 504);
    const raw::answer broken = r.ask(get("/fails?token=sesame", "X-Request-Id: find-me\r\n"));
    CHECK(broken.status == 500);
    CHECK(broken.body.find("SELECT") == std::string::npos);
    r.stop();  // lines are written after their answers
    const std::string text = r.logged();
    CHECK(text.find("SELECT secret FROM t") != std::string::npos);
    CHECK(text.find("\"request_id\":\"find-me\"") != std::string::npos);
    CHECK(text.find("\"route\":\"/fails\"") != std::string::npos);
    CHECK(text.find("\"reason\":\"internal\"") != std::string::npos);
    CHECK(text.find("sesame") == std::string::npos);
}

TEST_CASE("Requests are counted and timed by route template; all are logged on request") {
    server_options o = quick();
    o.log_requests = true;
    running r(o);
    for (int i = 0; i < 3; ++i) r.ask(get("/describe/" + std::to_string(i)));
    r.ask(get("/missing"));
    r.stop();
    const std::string text = r.registry.expose();
    const auto has = [&text](const std::string& s) { return text.find(s) != std::string::npos; };
    CHECK(has(R"(mita_http_requests_total{method="GET",route="/describe/{x}",service="test",status="200"} 3)"));
    CHECK(has("route=\"unmatched\""));
    CHECK(has("mita_http_request_duration_seconds_bucket"));
    CHECK(has("mita_http_requests_in_flight{service=\"test\"} 0"));
    CHECK(r.logged().find("\"path\":\"/describe/2\"") != std::string::npos);
}

TEST_CASE("L7: a handler learns that its client is gone") {
    running r;
    r.state.hold_ms = 100;
    {
        raw::socket s = r.connect();
        s.send(get("/held"));
        CHECK(s.read().status == 200);
        CHECK_FALSE(r.state.saw_gone);
        s.send(get("/held"));
        while (r.state.hits < 2) std::this_thread::yield();
    }
    r.stop();
    CHECK(r.state.saw_gone);
}

TEST_CASE("L7: a waiting handler is told that its client left, and a half-closed one still gets its answer") {
    running r;
    raw::socket s = r.connect();
    s.send(get("/until_gone"));
    while (r.state.hits < 1) std::this_thread::yield();
    s.finish();
    CHECK(s.read().body == R"({"gone":true})");
    CHECK(s.ended());
    r.state.saw_gone = false;
    {
        raw::socket leaving = r.connect();
        leaving.send(get("/until_gone"));
        while (r.state.hits < 2) std::this_thread::yield();
    }
    r.stop();
    CHECK(r.state.saw_gone);
}

TEST_CASE("A connection reset in the middle of anything leaves the server well") {
    running r;
    r.state.hold_ms = 20;
    const std::string bytes = get("/held") + post("/echo", std::string(5000, 'x')) + get("/stream") +
                              chunked("/stream", std::string(100, 'x')) + get("/big");
    for (std::size_t cut = 0; cut < bytes.size(); cut += 97) {
        raw::socket s = r.connect();
        s.send(bytes.substr(0, cut));
        s.patience(20);
        if (cut % 2 == 0) s.more();
        s.reset();
    }
    CHECK(r.ask(get("/hit")).status == 200);
    CHECK(r.stop() == 0);
    CHECK(r.servers[0]->connections() == 0);
    CHECK(r.servers[0]->in_flight() == 0);
}

TEST_CASE("Drain: idle connections close, busy ones answer with Connection: close, run() returns") {
    running r;
    r.state.hold_ms = 300;
    raw::socket idle = r.connect(), busy = r.connect(), partial = r.connect(), fresh = r.connect();
    idle.send(get("/hit"));
    CHECK(idle.read().status == 200);
    busy.send(get("/held"));
    partial.send("GET /hit HT");
    while (r.state.hits < 2) std::this_thread::yield();
    std::this_thread::sleep_for(50ms);  // `partial` has been read; nothing here depends on it for success
    r.rt.request_stop();
    CHECK(idle.ended());
    partial.send("TP/1.1\r\nHost: h\r\n\r\n");
    fresh.send(get("/hit"));
    for (raw::socket* s : {&busy, &partial, &fresh}) {
        const raw::answer a = s->read();
        CHECK(a.status == 200);
        CHECK(a.header("connection") == "close");
        CHECK(s->ended());
        s->close();
    }
    CHECK(r.stop() == 0);
}

TEST_CASE("Drain under load loses no request: what handlers answered is what clients received") {
    for (int round = 0; round < 5; ++round) {
        running r(quick(), 2);
        std::atomic<int> answered{0}, lost{0};
        std::vector<std::thread> clients;
        for (int i = 0; i < 8; ++i)
            clients.emplace_back([&, i] {
                std::mt19937 random(static_cast<unsigned>(round * 100 + i));
                for (;;) {
                    raw::socket s(::socket(AF_INET, SOCK_STREAM, 0));
                    if (!s.connect_to(r.port)) return;  // nobody listens any more
                    const int requests = 1 + static_cast<int>(random() % 20);
                    for (int k = 0; k < requests; ++k) {
                        const bool sent = s.send(random() % 2 == 0 ? get("/hit") : post("/hit", "{}"));
                        const raw::answer a = s.read();
                        if (a.complete && a.status == 200) {
                            ++answered;
                            if (a.header("connection") == "close") break;
                        } else {
                            // An idle connection may be closed as we send. A first request, or half an answer, must not
                            // be lost.
                            if (!a.head.empty()) ++lost;
                            if (k == 0 && sent && s.ended() && errno != ECONNRESET) ++lost;
                            break;
                        }
                    }
                }
            });
        while (answered < 2000) std::this_thread::yield();
        CHECK(r.stop() == 0);
        for (std::thread& t : clients) t.join();
        CHECK(lost == 0);
        CHECK(answered == r.state.hits);
    }
}
