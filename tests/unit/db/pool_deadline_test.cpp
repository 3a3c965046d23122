// The pool: deadlines, and the line before it.
#include "pool_support.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>

using namespace mita;
using namespace mita::test;

TEST_CASE("a deadline behind a slow statement abandons the query and the connection survives") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    const auto pid = [&] {
        static constexpr db::statement who{"who", "select pg_backend_pid()"};
        return w.run(pool->query(who, soon())).front().get<std::int32_t>(0);
    };
    const auto before = pid();
    std::string slow, behind;
    double waited = 0;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(doze, in(100ms), "0.5"));
    }(*pool, slow));
    all.add([](db::pool& p, std::string& out, double& took) -> awaitable<void> {
        const auto began = clock_type::now();
        out = co_await outcome(p.query(echo, in(50ms), 1));
        took = seconds_since(began);
    }(*pool, behind, waited));
    all.join();
    CHECK(slow == "deadline");
    CHECK(behind == "deadline");
    CHECK(waited < 0.4);
    CHECK(pid() == before);
    CHECK(w.run(pool->query(echo, soon(), 7)).front().get<std::int64_t>(0) == 7);
}

TEST_CASE("a deadline that has passed sends nothing") {
    db_world w;
    const auto pool = w.pool();
    CHECK(w.run(outcome(pool->query(echo, in(-1ms), 1))) == "deadline");
    CHECK(w.run(outcome(pool->begin(in(-1ms)))) == "deadline");
}

TEST_CASE("too many abandoned statements replace the connection") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    o.max_in_flight = 16;
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    std::string first;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(doze, soon(), "1.5"));
    }(*pool, first));
    for (int i = 0; i < 12; ++i)
        all.add([](db::pool& p) -> awaitable<void> { co_await outcome(p.query(echo, in(50ms), 1)); }(*pool));
    const auto began = clock_type::now();
    all.join();
    CHECK(first == "08006");
    CHECK(seconds_since(began) < 1.0);
    CHECK(w.run(pool->query(echo, soon(), 1)).size() == 1);
}

TEST_CASE("the server's statement timeout ends a statement nobody abandoned") {
    db_world w;
    auto o = db_world::options();
    o.statement_timeout = 100ms;
    const auto pool = w.pool(std::move(o));
    CHECK(w.run(outcome(pool->query(doze, soon(), "5"))) == "57014");
    CHECK(w.run(pool->query(echo, soon(), 1)).size() == 1);
}

TEST_CASE("more callers than max_in_flight wait in line, more than max_waiting are refused at once") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    o.max_in_flight = 2;
    o.max_waiting = 3;
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    std::multiset<std::string> outcomes;
    together all(w.context);
    for (int i = 0; i < 8; ++i)
        all.add([](db::pool& p, std::multiset<std::string>& out) -> awaitable<void> {
            const auto state = co_await outcome(p.query(doze, soon(), "0.02"));
            out.insert(state);
        }(*pool, outcomes));
    w.turn_until([&] { return pool->stats().waiting == 3; }, 2s);
    CHECK(pool->stats().waiting == 3);
    all.join();
    CHECK(outcomes.count("") == 5);
    CHECK(outcomes.count("overloaded") == 3);
    CHECK(pool->stats().waiting == 0);
}

TEST_CASE("stats and metrics tell what the pool does") {
    db_world w;
    const auto pool = w.pool();
    w.run(pool->query(echo, soon(), 1));
    w.turn_until([&] { return pool->stats().connected == 2; });
    const auto s = pool->stats();
    CHECK(s.connected == 2);
    CHECK(s.size == 6);
    CHECK(s.in_use == 0);
    CHECK(s.last_ok_unix_ms > 1'700'000'000'000);
    w.run(outcome(pool->query(divide, soon(), 0)));
    const auto text = w.metrics.expose();
    CHECK(text.find("mita_db_query_duration_seconds_count{query=\"echo\"} 1") != std::string::npos);
    CHECK(text.find("mita_db_errors_total{class=\"other\"} 1") != std::string::npos);
    CHECK(text.find("mita_db_pool_connections{state=\"idle\"} 2") != std::string::npos);
    CHECK(text.find("mita_db_pool_wait_seconds_count{lane=\"pipelined\"} 2") != std::string::npos);
}

TEST_CASE("a deadline that counts is given the time its statements waited, of each lane, and no other is") {
    db_world w;
    const auto pool = w.pool(db_world::options());
    std::int64_t us = 0;
    const auto d = soon().counting_db(us);
    w.run(pool->query(doze, d, "0.03"));
    CHECK(us >= 30'000);
    const auto after_one = us;
    w.run(pool->query(doze, soon(), "0.03"));
    CHECK(us == after_one);
    w.run(pool->query(doze, d.capped(5s), "0.03"));
    CHECK(us >= after_one + 30'000);
    const auto after_two = us;
    w.run([](db::pool& p, deadline until) -> awaitable<void> {
        auto tx = co_await p.begin(until);
        co_await tx.query(doze, "0.03");
        co_await tx.commit();
    }(*pool, d));
    CHECK(us >= after_two + 30'000);
}
