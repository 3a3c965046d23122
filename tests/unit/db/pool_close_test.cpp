// The pool: its end, with work in flight.
#include "pool_support.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace mita;
using namespace mita::test;

namespace {

awaitable<void> doze_once(db::pool& p) { co_await p.query(doze, soon(), "1"); }

awaitable<void> doze_in_transaction(db::pool& p) {
    auto tx = co_await p.begin(soon());
    co_await tx.query(doze, "1");
    co_await tx.commit();
}

}  // namespace

TEST_CASE("closing drains: what is in flight finishes, newcomers are refused, then nothing is left") {
    db_world w;
    auto o = db_world::options();
    o.application_name = "mita-close";
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    std::string before, after;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(doze, soon(), "0.2"));
    }(*pool, before));
    w.turn_until([&] { return pool->stats().in_use == 1; });
    all.add(pool->close(soon()));
    all.add([](db::pool& p, std::string& out) -> awaitable<void> { out = co_await outcome(p.query(echo, soon(), 1)); }(
                                                  *pool, after));
    all.join();
    CHECK(before.empty());
    CHECK(after == "08003");
    CHECK_FALSE(pool->ready());
    w.context.restart();
    w.context.run();  // returns: no timer, no frame, no descriptor is left
    CHECK(cluster().sql(
              "select count(*) from pg_stat_activity where application_name = 'mita-close' and state <> 'idle'") ==
          "0");
}

TEST_CASE("closing gives up on what does not finish in time") {
    db_world w;
    const auto pool = w.pool();
    w.run(pool->query(echo, soon(), 1));
    std::string slow;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(doze, soon(), "1.9"));
    }(*pool, slow));
    w.turn_until([&] { return pool->stats().in_use == 1; });
    const auto began = clock_type::now();
    w.run(pool->close(in(100ms)));
    all.join();
    CHECK(seconds_since(began) < 1.0);
    CHECK(slow == "08006");
    w.context.restart();
    w.context.run();
}

TEST_CASE("a pool destroyed with queries in flight and callers in line touches no freed memory") {
    db_world w;
    auto o = db_world::options();
    o.max_in_flight = 2;
    o.exclusive = 1;
    auto pool = w.pool(std::move(o));
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 2; }));
    std::multiset<std::string> outcomes;
    together all(w.context);
    for (int i = 0; i < 10; ++i)
        all.add([](db::pool& p, std::multiset<std::string>& out) -> awaitable<void> {
            const auto state = co_await outcome(p.query(doze, soon(), "1"));
            out.insert(state);
        }(*pool, outcomes));
    for (int i = 0; i < 3; ++i)
        all.add([](db::pool& p, std::multiset<std::string>& out) -> awaitable<void> {
            const auto state = co_await outcome(doze_in_transaction(p));
            out.insert(state);
        }(*pool, outcomes));
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 3; }));
    pool.reset();
    all.join(5s);
    CHECK(outcomes.size() == 13);
    CHECK(outcomes.count("08006") == 5);  // four in flight, one inside a transaction
    CHECK(outcomes.count("08003") == 8);  // in line
}

TEST_CASE("a context destroyed with queries in flight leaks nothing") {
    auto w = std::make_unique<db_world>();
    auto pool = w->pool();
    REQUIRE(w->turn_until([&] { return pool->stats().connected == 2; }));
    for (int i = 0; i < 5; ++i) asio::co_spawn(w->ex(), doze_once(*pool), [](std::exception_ptr) {});
    w->turn_until([&] { return pool->stats().in_use == 2; });
    CHECK(pool->stats().in_use == 2);
    pool.reset();
    w.reset();
}
