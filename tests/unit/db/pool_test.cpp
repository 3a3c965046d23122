#include "support/tcp_gate.hpp"
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <set>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr db::statement echo{"echo", "select $1::int8"};
constexpr db::statement echo_text{"echo_text", "select $1::text"};
constexpr db::statement divide{"divide", "select 10 / $1::int8"};
constexpr db::statement doze{"doze", "select 1 from pg_sleep($1::float8)"};
constexpr db::statement broken{"broken", "select no_such_column"};
constexpr db::statement settings_of_session{
    "session",
    "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), "
    "current_setting('search_path'), current_setting('application_name'), current_setting('client_encoding')"};

double seconds_since(clock_type::time_point t) { return std::chrono::duration<double>(clock_type::now() - t).count(); }

awaitable<void> doze_once(db::pool& p) { co_await p.query(doze, soon(), "1"); }

awaitable<void> doze_in_transaction(db::pool& p) {
    auto tx = co_await p.begin(soon());
    co_await tx.query(doze, "1");
    co_await tx.commit();
}

}  // namespace

TEST_CASE("a newcomer's first query: a statement, a deadline, parameters, rows") {
    db_world w;
    const auto pool = w.pool();
    const auto r = w.run(pool->query(echo, soon(), 42));
    CHECK(r.front().get<std::int64_t>(0) == 42);
    CHECK(pool->ready());
    CHECK(pool->stats().state == "connected");
}

TEST_CASE("session settings arrive with the startup packet") {
    db_world w;
    auto o = db_world::options();
    o.search_path = "pg_catalog, \"odd name\"";
    o.statement_timeout = 1234ms;
    o.idle_in_transaction_timeout = 2345ms;
    const auto pool = w.pool(std::move(o));
    const auto r = w.run(pool->query(settings_of_session, soon()));
    CHECK(r.front().get<std::string>(0) == "1234ms");
    CHECK(r.front().get<std::string>(1) == "2345ms");
    CHECK(r.front().get<std::string>(2) == "pg_catalog, \"odd name\"");
    CHECK(r.front().get<std::string>(3) == "mita-test");
    CHECK(r.front().get<std::string>(4) == "UTF8");
}

TEST_CASE("errors are isolated between strangers who share a connection") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    int good = 0, bad = 0, unprepared = 0;
    together all(w.context);
    for (int i = 0; i < 60; ++i) {
        all.add([](db::pool& p, int k, int& ok, int& division, int& parse) -> awaitable<void> {
            const auto wanted = k % 3 == 0 ? &divide : k % 3 == 1 ? &echo : &broken;
            if (wanted == &broken) {
                const auto state = co_await outcome(p.query(broken, soon()));
                parse += state == "42703";
            } else if (wanted == &divide) {
                const auto state = co_await outcome(p.query(divide, soon(), 0));
                division += state == "22012";
            } else {
                const auto r = co_await p.query(echo, soon(), k);
                ok += r.front().get<std::int64_t>(0) == k;
            }
        }(*pool, i, good, bad, unprepared));
    }
    all.join();
    CHECK(good == 20);
    CHECK(bad == 20);
    CHECK(unprepared == 20);
}

TEST_CASE("B7: over TCP the statements of one turn of the loop leave together, each with its own Sync") {
    db_world w;
    tcp_gate gate(cluster().port());
    auto o = db_world::options(cluster().tcp_url_at(gate.port()));
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    w.run(pool->query(echo, soon(), 1));
    const auto before = gate.blocks_from_clients();
    int good = 0;
    together all(w.context);
    for (int i = 0; i < 20; ++i) {
        all.add([](db::pool& p, int k, int& ok) -> awaitable<void> {
            const auto r = co_await p.query(echo, soon(), k);
            ok += r.front().get<std::int64_t>(0) == k;
        }(*pool, i, good));
    }
    all.join();
    CHECK(good == 20);
    CHECK(gate.blocks_from_clients() - before <= 2);  // the first at once, the others at the turn's end
    CHECK(w.run(pool->query(echo, soon(), 7)).front().get<std::int64_t>(0) == 7);
}

TEST_CASE("a batch is one transaction: it holds whole or rolls back whole") {
    db_world w;
    const auto name = cluster().create_database();
    cluster().sql("create table t(i int8 primary key)", name);
    const auto pool = w.pool(db_world::options(cluster().url(name)));
    static constexpr db::statement insert{"insert_t", "insert into t values ($1)"};
    static constexpr db::statement count{"count_t", "select count(*) from t"};
    db::batch twice;
    twice.add(insert, 1);
    twice.add(insert, 2);
    twice.add(insert, 1);
    CHECK(w.run(outcome(pool->run_batch(twice, soon()))) == "23505");
    CHECK(w.run(pool->query(count, soon())).front().get<std::int64_t>(0) == 0);
    db::batch fine;
    fine.add(insert, 1);
    fine.add(insert, 2);
    fine.add(count);
    const auto results = w.run(pool->run_batch(fine, soon()));
    REQUIRE(results.size() == 3);
    CHECK(results[0].affected() == 1);
    CHECK(results[2].front().get<std::int64_t>(0) == 2);
    CHECK(w.run(pool->run_batch(db::batch(), soon())).empty());
}

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

TEST_CASE("large parameters and large results both ways do not deadlock, with TLS and without") {
    db_world w;
    for (const auto& url : {cluster().url(), cluster().tcp_url()}) {
        auto o = db_world::options(url);
        o.pipelined = 1;
        const auto pool = w.pool(std::move(o));
        together all(w.context);
        int whole = 0;
        for (int i = 0; i < 8; ++i)
            all.add([](db::pool& p, int k, int& ok) -> awaitable<void> {
                const std::string big((1 << 20) + static_cast<std::size_t>(k) * 4099, static_cast<char>('a' + k));
                const auto r = co_await p.query(echo_text, soon(), big);
                ok += r.front().get<std::string_view>(0) == big;
            }(*pool, i, whole));
        all.join();
        CHECK(whole == 8);
    }
}

TEST_CASE("over TLS results of every size are read to their end without a further byte from the server") {
    db_world w;
    const auto pool = w.pool(db_world::options(cluster().tcp_url()));
    static constexpr db::statement tls{"tls", "select ssl from pg_stat_ssl where pid = pg_backend_pid()"};
    REQUIRE(w.run(pool->query(tls, soon())).front().get<bool>(0));
    static constexpr db::statement repeat{"repeat", "select repeat('x', $1::int4)"};
    for (int size = 1000; size < 70'000; size += 1777)
        CHECK(w.run(pool->query(repeat, in(2s), size)).front().get<std::string_view>(0).size() ==
              static_cast<std::size_t>(size));
}

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

TEST_CASE("a malformed URL is refused without being quoted") {
    db_world w;
    try {
        w.pool(db_world::options("postgresql://user:hunter2@[broken"));
        FAIL("accepted");
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("more parameters than the protocol carries are our bug and hurt nobody else") {
    db_world w;
    const auto pool = w.pool();
    static constexpr db::statement plain{"plain", "select 1"};
    db::batch b;
    b.add(plain);
    for (int i = 0; i < 65536; ++i) b.items[0].with.add(i);
    CHECK_THROWS_AS(w.run(pool->run_batch(b, soon())), std::logic_error);
    CHECK(w.run(pool->query(echo, soon(), 1)).size() == 1);
}
