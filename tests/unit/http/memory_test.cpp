// R24: an allocation that fails, the first, the second, … of all that a connection makes: it costs that connection at
// most. Each is tried alone, in the worker's thread, with the test's sockets at the other side.
#include "client_support.hpp"
#include "support/allocations.hpp"
#include "test_service.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

#include <cstdint>
#include <future>
#include <string>

using namespace test_http;

namespace {

// On the worker: the n-th allocation from now on fails, 0: none. Whether the former one never came.
bool let_fail(running& r, std::uint64_t n) {
    std::promise<bool> was;
    asio::post(r.rt.at(0).get_executor(), [&was, n] {
        const bool waiting = test::failing_now();
        test::fail_allocation(0);
        was.set_value(waiting);
        test::fail_allocation(n);
    });
    return was.get_future().get();
}

// Asks over a new connection while the n-th allocation fails. Whether it came so far.
bool ask_without(running& r, std::uint64_t n, const std::string& bytes) {
    let_fail(r, n);
    raw::socket s = r.connect();
    s.patience(5'000);
    s.send(bytes);
    const raw::answer got = s.read();
    INFO("allocation " << n);
    if (got.status != 0) {
        CHECK(got.complete);
        CHECK((got.status == 200 || got.status == 500 || got.status == 503));
    } else {
        CHECK(s.ended());  // cut off, not left without an answer
    }
    s.close();
    const bool reached = !let_fail(r, 0);
    CHECK(r.ask(get("/hit", "Connection: close\r\n")).status == 200);  // the door is open
    return reached;
}

}  // namespace

TEST_CASE(
    "R24: an allocation that fails costs the connection at most that wanted it; the door stays open, the stop is "
    "orderly") {
    if (test::sanitized) return;
    server_options o = quick();
    o.head_timeout = std::chrono::milliseconds(300);
    running r(o);
    const std::string body(5'000, 'b');
    for (const std::string& bytes : {get("/hit"), post("/echo", body, "Connection: close\r\n"), chunked("/echo", body),
                                     get("/hit") + get("/hit") + get("/fails?db", "Connection: close\r\n")}) {
        std::uint64_t n = 1;
        while (ask_without(r, n, bytes)) REQUIRE(++n < 500);
        CHECK(n > 1);
    }
    // The tick of all timeouts goes on: who sends half a head is told so.
    CHECK(r.ask("GET /hit HTTP/1.1\r\nHo").status == 408);
    const auto until = deadline::after(std::chrono::seconds(5));
    while (r.servers[0]->connections() > 0 && !until.expired())
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    CHECK(r.servers[0]->connections() == 0);
    CHECK(r.stop() == 0);
    CHECK(r.logged().find("drain_incomplete") == std::string::npos);
}

TEST_CASE("R24: likewise of the first request that a server gets, when nothing is warm yet") {
    if (test::sanitized) return;
    std::uint64_t n = 0;
    for (bool reached = true; reached;) {
        REQUIRE(++n < 500);
        running r;
        reached = ask_without(r, n, post("/echo", "body", "Connection: close\r\n"));
        CHECK(r.stop() == 0);
        CHECK(r.servers[0]->connections() == 0);
    }
    CHECK(n > 10);
}
