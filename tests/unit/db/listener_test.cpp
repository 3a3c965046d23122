#include "db/listener.hpp"

#include "world.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;

namespace {

using heard = std::vector<std::pair<std::string, std::string>>;

db::listener::handler into(heard& h) {
    return [&h](const std::string& channel, const std::string& payload) { h.emplace_back(channel, payload); };
}

}  // namespace

TEST_CASE("a listener is told once after connecting, and then of each notification") {
    db_world w;
    heard h;
    db::listener listener(w.ex(), db_world::options(), {"news", "Odd \"name\""}, into(h), w.log);
    REQUIRE(w.turn_until([&] { return listener.connected(); }));
    CHECK(h == heard{{"news", ""}, {"Odd \"name\"", ""}});
    cluster().sql("notify news, '17'; select pg_notify('Odd \"name\"', 'x')");
    REQUIRE(w.turn_until([&] { return h.size() == 4; }));
    CHECK(h[2] == std::pair<std::string, std::string>{"news", "17"});
    CHECK(h[3].second == "x");
    w.run(listener.close(soon()));
    w.context.restart();
    w.context.run();
    CHECK_FALSE(listener.connected());
}

TEST_CASE("a listener that lost its connection comes back by itself and tells its owner to look") {
    db_world w;
    heard h;
    auto o = db_world::options();
    o.application_name = "mita-ears";
    db::listener listener(w.ex(), o, {"news"}, into(h), w.log);
    REQUIRE(w.turn_until([&] { return h.size() == 1; }));
    for (std::size_t round = 2; round < 5; ++round) {
        REQUIRE(cluster().kill_backends("mita-ears-listener") == 1);
        REQUIRE(w.turn_until([&] { return h.size() == round; }, 3s));
        REQUIRE(w.turn_until([&] { return listener.connected(); }));
        CHECK(h.back().second.empty());
    }
    cluster().sql("notify news, 'after'");
    REQUIRE(w.turn_until([&] { return h.back().second == "after"; }));
}

TEST_CASE("a listener destroyed while connecting or listening leaves nothing running") {
    db_world w;
    heard h;
    auto listener =
        std::make_unique<db::listener>(w.ex(), db_world::options(), std::vector<std::string>{"news"}, into(h), w.log);
    w.context.poll();
    listener.reset();
    w.context.restart();
    w.context.run();
    CHECK(h.empty());
    auto second =
        std::make_unique<db::listener>(w.ex(), db_world::options(), std::vector<std::string>{"news"}, into(h), w.log);
    REQUIRE(w.turn_until([&] { return second->connected(); }));
    second.reset();
    w.context.restart();
    w.context.run();
    CHECK(h.size() == 1);
}
