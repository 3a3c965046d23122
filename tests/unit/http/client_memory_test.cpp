// R24: an allocation that fails, the first, the second, … of all that a client's exchange makes: nobody misses its
// connection or its place.
#include "client_support.hpp"
#include "support/allocations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <memory>
#include <new>

using namespace test_client;

namespace {

awaitable<void> ask(client& c) {
    client_request r(verb::get, "/x");
    const client_response answer = co_await c.send(std::move(r), mita::test::soon());
    if (answer.status != 200) throw std::runtime_error("not answered well");
}

// Whether the n-th allocation came.
bool ask_without(fixture& f, std::uint64_t n) {
    const auto held = std::make_shared<int>(0);
    mita::test::fail_allocation(n);
    try {
        asio::co_spawn(f.context.get_executor(), ask(*f.c), [held](std::exception_ptr) {});
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
    }
    const auto until = deadline::after(5s);
    while (held.use_count() > 1 && !until.expired()) {
        f.context.restart();
        try {
            f.context.run_one_for(10ms);
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
            // As a worker's loop: what was under way is gone.
        }
    }
    const bool reached = !mita::test::failing_now();
    mita::test::fail_allocation(0);
    INFO("allocation " << n);
    CHECK(held.use_count() == 1);
    f.settle([&] { return f.c->snapshot().busy == 0; });
    CHECK(f.c->snapshot().busy == 0);
    CHECK(f.get().status == 200);
    return reached;
}

}  // namespace

TEST_CASE("R24: an exchange without memory takes no connection and no place with it") {
    if (mita::test::sanitized) return;
    const bool kept = GENERATE(true, false);
    upstream up(kept ? always(ok("x")) : [](raw::socket& s, int) {
        if (!read_request(s).empty()) s.send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx");
    });
    fixture f(up.port(), [](client_options& o) { o.max_connections = 1; });
    std::uint64_t n = 1;
    while (ask_without(f, n)) REQUIRE(++n < 500);
    CHECK(n > 3);
}
