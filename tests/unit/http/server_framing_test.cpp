// The server: where one request ends and the next begins.
#include "test_service.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace test_http;
using namespace std::chrono_literals;

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
    CHECK(rc::check([&r] {
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
    }));
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
