#include "db/health.hpp"
#include "support/tcp_gate.hpp"
#include "world.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;

namespace {

constexpr db::statement select_one{"one", "select 1"};

}  // namespace

TEST_CASE("Health: the database is connected, silent or away as it answers a probe, and says so within a second") {
    db_world w;
    tcp_gate gate(cluster().port());
    const auto pool = w.pool(db_world::options(cluster().tcp_url_at(gate.port(), "postgres")));
    db::probe probe(w.ex(), *pool, 0ms);
    CHECK(w.run(probe.ask()).status == "disconnected");  // nothing is up yet, and nobody waits for it
    REQUIRE(w.turn_until([&] { return pool->ready(); }));
    const auto good = w.run(probe.ask());
    CHECK(good.status == "connected");
    REQUIRE(good.latency_ms.has_value());
    CHECK(*good.latency_ms > 0);

    gate.hold_all();
    const auto began = std::chrono::steady_clock::now();
    const auto silent = w.run(probe.ask());
    CHECK(silent.status == "timeout");
    CHECK_FALSE(silent.latency_ms.has_value());
    CHECK(std::chrono::steady_clock::now() - began < 2s);

    gate.refuse();
    REQUIRE(w.turn_until([&] { return !pool->ready(); }));
    CHECK(w.run(probe.ask()).status == "disconnected");
    gate.resume();
    REQUIRE(w.turn_until([&] { return pool->ready(); }));
    CHECK(w.run(probe.ask()).status == "connected");
}

TEST_CASE(
    "Health: many who ask at once cause one question to the database, and its answer is given again for a while") {
    db_world w;
    tcp_gate gate(cluster().port());
    auto o = db_world::options(cluster().tcp_url_at(gate.port(), "postgres"));
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    REQUIRE(w.turn_until([&] { return pool->ready(); }));
    db::probe probe(w.ex(), *pool, 1h);
    const auto before = gate.turns();
    together all(w.context);
    int answered = 0;
    for (int i = 0; i < 20; ++i) {
        all.add([](db::probe& p, int& n) -> awaitable<void> {
            const auto seen = co_await p.ask();
            if (seen.status == "connected") ++n;
        }(probe, answered));
    }
    all.join();
    CHECK(answered == 20);
    CHECK(w.run(probe.ask()).status == "connected");
    CHECK(gate.turns() - before <= 2);  // the statement is prepared and executed
}

TEST_CASE(
    "Health: a database that was away a moment ago is connected as soon as it is, however long answers are kept") {
    db_world w;
    const auto pool = w.pool();
    db::probe probe(w.ex(), *pool, 1h);
    CHECK(w.run(probe.ask()).status == "disconnected");
    REQUIRE(w.turn_until([&] { return pool->ready(); }));
    CHECK(w.run(probe.ask()).status == "connected");
}

TEST_CASE("Health: while connections are opened nobody waits for others, however long it takes") {
    db_world w;
    tcp_gate gate(cluster().port());
    gate.delay(40ms);  // each of the turns that opening takes
    const auto pool = w.pool(db_world::options(cluster().tcp_url_at(gate.port(), "postgres")));
    together all(w.context);
    const auto both = [](db::pool& p) -> awaitable<void> {
        co_await p.query(select_one, soon());
        auto t = co_await p.begin(soon());
        co_await t.query(select_one);
        co_await t.commit();
    };
    all.add(both(*pool));
    all.join();
    CHECK(pool->stats().wait_p99_ms == 0);
    const auto figures = w.metrics.expose();  // they tell of every wait
    for (const std::string lane : {"pipelined", "exclusive"}) {
        CHECK(figures.find("mita_db_pool_wait_seconds_bucket{lane=\"" + lane + "\",le=\"0.05\"} 0") !=
              std::string::npos);
        CHECK(figures.find("mita_db_pool_wait_seconds_count{lane=\"" + lane + "\"} 1") != std::string::npos);
    }
}

TEST_CASE("Health: a pool in use over 80 % or waited for over 50 ms degrades while it lasts") {
    degradation_log log;
    const auto judged = [&log](double use, double wait_ms) {
        db::pool_stats busy, idle;
        busy.utilization = use;
        busy.wait_p99_ms = wait_ms;
        health_report r;
        db::judge_pools(log, r, {idle, busy});
        return r.degradations;
    };
    CHECK(judged(0.8, 50).empty());
    const auto full = judged(0.81, 0);
    REQUIRE(full.size() == 1);
    CHECK(full[0].reason == "db_pool_utilization");
    const auto slow = judged(0, 51);
    REQUIRE(slow.size() == 1);
    CHECK(slow[0].reason == "db_pool_wait_ms");
    CHECK(judged(0, 0).empty());
}

TEST_CASE("Health: what callers waited for a connection is measured, also for those who gave up") {
    db_world w;
    auto o = db_world::options();
    o.exclusive = 1;
    const auto pool = w.pool(std::move(o));
    w.run([](db::pool& p) -> awaitable<void> {
        auto first = co_await p.begin(soon());
        try {
            const auto late = co_await p.begin(in(120ms));
        } catch (const deadline_exceeded&) {
        }
        co_await first.rollback();
    }(*pool));
    CHECK(pool->stats().wait_p99_ms >= 100);
}
