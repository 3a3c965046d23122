// The pool: plans and connections that are lost.
#include "pool_support.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace mita;
using namespace mita::test;

TEST_CASE("a changed result type drops the cached plan and the query is sent again") {
    db_world w;
    const auto name = cluster().create_database();
    cluster().sql("create table t(a int); insert into t values (1)", name);
    auto o = db_world::options(cluster().url(name));
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    static constexpr db::statement all_of_t{"all_of_t", "select * from t"};
    CHECK(w.run(pool->query(all_of_t, soon())).front().get<std::int32_t>(0) == 1);
    cluster().sql("alter table t add b text default 'new'", name);
    CHECK(w.run(pool->query(all_of_t, soon())).front().get<std::string>(1) == "new");
    cluster().sql("alter table t drop b", name);
    const auto r = w.run([](db::pool& p) -> awaitable<db::rows> {
        auto tx = co_await p.begin(soon());
        auto out = co_await tx.query(all_of_t);
        co_await tx.commit();
        co_return out;
    }(*pool));
    CHECK(r.size() == 1);
    cluster().sql("alter table t add c text default 'newer'", name);
    const auto again =
        w.run([](db::pool& p) -> awaitable<db::rows> {  // the same exclusive connection, its plan now stale
            auto tx = co_await p.begin(soon());
            auto out = co_await tx.query(all_of_t);
            co_await tx.commit();
            co_return out;
        }(*pool));
    CHECK(again.front().get<std::string>(1) == "newer");
}

TEST_CASE("statements deallocated behind our back are prepared again") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    static constexpr db::statement forget{"forget", "deallocate all"};
    w.run(pool->query(echo, soon(), 1));
    w.run(pool->query(forget, soon()));
    CHECK(w.run(pool->query(echo, soon(), 2)).front().get<std::int64_t>(0) == 2);
}

TEST_CASE("without prepared statements everything works and nothing is prepared") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    o.prepared = false;
    const auto pool = w.pool(std::move(o));
    static constexpr db::statement prepared{"prepared", "select count(*) from pg_prepared_statements"};
    CHECK(w.run(pool->query(echo, soon(), 5)).front().get<std::int64_t>(0) == 5);
    CHECK(w.run(pool->query(prepared, soon())).front().get<std::int64_t>(0) == 0);
}

TEST_CASE("killing the backends fails all waiters at once and the pool recovers") {
    db_world w;
    auto o = db_world::options();
    o.application_name = "mita-victim";
    const auto pool = w.pool(std::move(o));
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 2; }));
    std::multiset<std::string> outcomes;
    together all(w.context);
    for (int i = 0; i < 20; ++i)
        all.add([](db::pool& p, std::multiset<std::string>& out) -> awaitable<void> {
            const auto state = co_await outcome(p.query(doze, soon(), "1.5"));
            out.insert(state);
        }(*pool, outcomes));
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 2; }));
    w.turn_until([] { return false; }, 50ms);
    const auto began = clock_type::now();
    REQUIRE(cluster().kill_backends("mita-victim") == 2);
    all.join();
    CHECK(seconds_since(began) < 1.0);
    CHECK(outcomes.count("57P01") + outcomes.count("08006") == 20);
    CHECK(w.run(pool->query(echo, soon(), 1)).size() == 1);
    CHECK(seconds_since(began) < 2.0);
}

TEST_CASE("an idempotent query is sent again when the connection was lost before its answer") {
    db_world w;
    auto o = db_world::options();
    o.application_name = "mita-again";
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    std::string plain, idempotent;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(doze, soon(), "0.3"));
    }(*pool, plain));
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query_idempotent(doze, soon(), "0.3"));
    }(*pool, idempotent));
    w.turn_until([&] { return pool->stats().in_use == 1; });
    w.turn_until([] { return false; }, 50ms);
    REQUIRE(cluster().kill_backends("mita-again") == 1);
    all.join();
    CHECK((plain == "57P01" || plain == "08006"));
    CHECK(idempotent.empty());
}

TEST_CASE("old connections are replaced one by one without a failed query") {
    db_world w;
    auto o = db_world::options();
    o.max_lifetime = std::chrono::minutes(0);
    const auto pool = w.pool(std::move(o));
    static constexpr db::statement who{"who", "select pg_backend_pid()"};
    std::set<std::int32_t> pids;
    const auto end = clock_type::now() + 1500ms;
    while (clock_type::now() < end) pids.insert(w.run(pool->query(who, soon())).front().get<std::int32_t>(0));
    CHECK(pids.size() >= 4);
}
