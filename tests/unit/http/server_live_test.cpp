// The server: answers that go on until one side ends them.
#include "test_service.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace test_http;
using namespace std::chrono_literals;

namespace {

// The next chunk's data; "" at the last one, "cut" when the connection ended before it.
std::string chunk(raw::socket& s) {
    const std::string size = s.until("\r\n");
    if (size.empty()) return "cut";
    const auto n = static_cast<std::size_t>(std::strtoul(size.c_str(), nullptr, 16));
    return s.exactly(n + 2).substr(0, n);
}

raw::socket opened(running& r, const std::string& target = "/live") {
    raw::socket s = r.connect();
    s.send(get(target));
    const std::string head = s.until("\r\n\r\n");
    CHECK(head.find("HTTP/1.1 200") == 0);
    CHECK(head.find("Connection: close\r\n") != std::string::npos);
    CHECK(chunk(s) == "hello\n");
    return s;
}

}  // namespace

TEST_CASE("R25: a live answer begins at once, is no request under way, and is told of the end") {
    server_options o = quick();
    o.max_in_flight = 2;
    o.slow = 50ms;
    running r(o);
    std::vector<raw::socket> all;
    for (int i = 0; i < 5; ++i) all.push_back(opened(r));
    for (int i = 0; i < 3; ++i) CHECK(r.ask(get("/hit", "Connection: close\r\n")).status == 200);
    while (r.servers[0]->in_flight() > 0) std::this_thread::yield();
    const std::string seen = r.registry.expose();
    CHECK(seen.find("mita_http_streams{service=\"test\"} 5") != std::string::npos);
    CHECK(seen.find("route=\"/live\",service=\"test\",status=\"200\"} 5") != std::string::npos);
    std::this_thread::sleep_for(100ms);  // longer than slow
    CHECK(r.stop() == 0);
    for (raw::socket& s : all) {
        CHECK(chunk(s) == "bye\n");
        CHECK(chunk(s).empty());
        CHECK(s.ended());
    }
    CHECK(r.logged().find("duration_ms") == std::string::npos);
    CHECK(r.logged().find("stream_broken") == std::string::npos);
    CHECK(r.registry.expose().find("mita_http_streams{service=\"test\"} 0") != std::string::npos);
}

TEST_CASE("R25: a live answer that fails ends without its last chunk, and the log says why") {
    running r;
    raw::socket s = opened(r, "/live?break");
    CHECK(chunk(s) == "cut");
    CHECK(r.stop() == 0);
    CHECK(r.logged().find("stream_broken") != std::string::npos);
    CHECK(r.logged().find("source broke") != std::string::npos);
}

TEST_CASE("R25: who does not read a live answer is cut, with little waiting for it") {
    server_options o = quick();
    o.write_timeout = 300ms;
    running r(o);
    raw::socket s = r.connect();
    s.send(get("/live?flood"));
    while (r.servers[0]->connections() == 0) std::this_thread::yield();
    while (r.servers[0]->connections() > 0) std::this_thread::sleep_for(5ms);
    CHECK(r.state.hits < 200);  // 64 KiB each: what the two kernels hold, not all that comes
    CHECK(r.stop() == 0);
}

TEST_CASE("R25: a client that ends its half goes on reading, one that is gone ends a live answer") {
    running r;
    raw::socket half = opened(r);
    half.finish();
    CHECK(chunk(half) == "left\n");
    {
        raw::socket leaving = opened(r);
        leaving.reset();
    }
    while (r.servers[0]->connections() > 1) std::this_thread::sleep_for(5ms);
    CHECK(r.stop() == 0);
    CHECK(chunk(half) == "bye\n");
    CHECK(chunk(half).empty());
}

TEST_CASE("R25: nothing behind a live answer is served on its connection") {
    running r;
    raw::socket s = r.connect();
    s.send(get("/hit") + get("/live") + get("/hit"));
    CHECK(s.read().body == R"({"ok":true})");
    CHECK(s.until("\r\n\r\n").find("Connection: close\r\n") != std::string::npos);
    CHECK(chunk(s) == "hello\n");
    CHECK(r.stop() == 0);
    CHECK(s.rest().find("HTTP/1.1") == std::string::npos);
    CHECK(r.state.hits == 1);
}

TEST_CASE("R25: a live answer to HEAD is its head, to HTTP/1.0 it has no chunks") {
    running r;
    raw::socket s = r.connect();
    s.send("HEAD /live HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(s.read(true).header("content-type") == "text/event-stream");
    s.send(get("/hit"));
    CHECK(s.read().status == 200);
    raw::socket old = r.connect();
    old.send("GET /live HTTP/1.0\r\n\r\n");
    CHECK(old.until("\r\n\r\n").find("chunked") == std::string::npos);
    CHECK(old.until("\n") == "hello\n");
    CHECK(r.stop() == 0);
    CHECK(old.rest() == "bye\n");
}
