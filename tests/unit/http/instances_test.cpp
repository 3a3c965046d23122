// Whom a process asks of a service's instances for what it wants itself.
#include "http/instances.hpp"

#include "client_support.hpp"
#include "core/log.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace test_client;

namespace {

struct asking {
    explicit asking(const std::string& at) : of(context.get_executor(), "auth", at, 2, known, log, registry) {}
    ~asking() {
        mita::test::run(context, of.close(deadline::after(1s)));
        context.poll();
    }
    // Left out for at least `times` seconds: it died that often.
    void leave_out(std::size_t i, int times) {
        auto now = std::chrono::steady_clock::now() - 1h;
        standing& s = *of.all().at(i)->known;
        for (int n = 0; n < 5; ++n) s.failed(now);
        while (--times > 0) s.failed(now += 1min);
        s.failed(std::chrono::steady_clock::now());
        REQUIRE(s.at(std::chrono::steady_clock::now()) == standing::rank::ejected);
    }
    std::string ask() {
        const auto answer = mita::test::run(context, of.send(client_request(verb::get, "/x"), mita::test::soon()));
        return std::string(answer.body);
    }
    asio::io_context context;
    logger log{"test", log_level::error};
    metrics::registry registry;
    standings known;
    instances of;
};

std::string place_of(const upstream& up) { return "127.0.0.1:" + std::to_string(up.port()); }

}  // namespace

TEST_CASE("C7: who has nobody else asks the one that is left out, and at once when it is back") {
    upstream up(always(ok("back")));
    asking a(place_of(up));
    a.leave_out(0, 4);
    CHECK(a.ask() == "back");
}

TEST_CASE("C7: of two the one that is left out is asked only when the other one fails") {
    upstream left(always(ok("left out"))), other(always(ok("other")));
    asking a(place_of(left) + "," + place_of(other));
    a.leave_out(0, 2);
    CHECK(a.ask() == "other");
    a.leave_out(1, 2);
    CHECK_FALSE(a.ask().empty());
}
