#include "support/tcp_gate.hpp"
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;

namespace {

constexpr db::statement insert{"insert_t", "insert into t values ($1)"};
constexpr db::statement count{"count_t", "select count(*) from t"};
constexpr db::statement backend{"backend", "select pg_backend_pid()"};
constexpr db::statement doze_for{"doze_for", "select 1 from pg_sleep($1::float8)"};
constexpr db::statement in_transaction{"in_transaction", "select pg_current_xact_id_if_assigned()::text is not null"};

struct table_world : db_world {
    std::string database = cluster().create_database();
    table_world() { cluster().sql("create table t(i int8 constraint t_key primary key)", database); }
    db::pool_options here() const { return options(cluster().url(database)); }
    std::string rows() const { return cluster().sql("select count(*) from t", database); }
};

awaitable<void> insert_and(db::pool& p, std::int64_t i, bool commit) {
    auto tx = co_await p.begin(soon());
    co_await tx.query(insert, i);
    if (commit) {
        co_await tx.commit();
    }
}

}  // namespace

TEST_CASE("a transaction holds after commit, and is rolled back when it is merely dropped") {
    table_world w;
    const auto pool = w.pool(w.here());
    w.run(insert_and(*pool, 1, true));
    CHECK(w.rows() == "1");
    w.run(insert_and(*pool, 2, false));
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 0; }));
    CHECK(w.rows() == "1");
    w.run(insert_and(*pool, 2, true));  // no lock is left behind
    CHECK(w.rows() == "2");
    CHECK(pool->stats().connected <= 3);  // one exclusive connection served all
}

TEST_CASE("an exception inside a transaction rolls it back and the connection is used again") {
    table_world w;
    const auto pool = w.pool(w.here());
    const auto fails = [](db::pool& p) -> awaitable<void> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(insert, 1);
        throw std::runtime_error("the use case failed");
    };
    CHECK_THROWS_AS(w.run(fails(*pool)), std::runtime_error);
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 0; }));
    CHECK(w.rows() == "0");
    CHECK(w.turn_until([&] { return pool->stats().connected == 3; }));
}

TEST_CASE("an error aborts the transaction: later statements and the commit say so, nothing holds") {
    table_world w;
    const auto pool = w.pool(w.here());
    const auto states = w.run([](db::pool& p) -> awaitable<std::vector<std::string>> {
        std::vector<std::string> out;
        auto tx = co_await p.begin(soon());
        co_await tx.query(insert, 1);
        out.push_back(co_await outcome(tx.query(insert, 1)));
        out.push_back(co_await outcome(tx.query(insert, 2)));
        out.push_back(co_await outcome(tx.commit()));
        co_return out;
    }(*pool));
    CHECK(states == std::vector<std::string>{"23505", "25P02", "25P02"});
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 0; }));
    CHECK(w.rows() == "0");
}

TEST_CASE("BEGIN travels with the first statement: a statement, a batch and COMMIT are three round trips") {
    table_world w;
    tcp_gate gate(cluster().port());
    auto o = w.here();
    o.url = secret(cluster().tcp_url_at(gate.port(), w.database));
    const auto pool = w.pool(std::move(o));
    w.run(insert_and(*pool, 1, true));  // connects and prepares
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 3; }));
    const auto before = gate.turns();
    w.run([](db::pool& p) -> awaitable<void> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(insert, 2);
        db::batch last;
        last.add(insert, 3);
        last.add(count);
        const auto results = co_await tx.run_batch(last);
        co_await tx.commit();
        REQUIRE(results.size() == 2);
        CHECK(results[1].front().get<std::int64_t>(0) == 3);
    }(*pool));
    CHECK(gate.turns() - before == 3);
    CHECK(w.rows() == "3");
}

TEST_CASE("a batch inside a transaction returns its results in order and aborts at its first error") {
    table_world w;
    const auto pool = w.pool(w.here());
    const auto state = w.run([](db::pool& p) -> awaitable<std::string> {
        auto tx = co_await p.begin(soon());
        db::batch first;
        first.add(insert, 1);
        first.add(count);
        first.add(in_transaction);
        const auto results = co_await tx.run_batch(first);
        CHECK(results.size() == 3);
        CHECK(results[1].front().get<std::int64_t>(0) == 1);
        CHECK(results[2].front().get<bool>(0));
        db::batch second;
        second.add(insert, 2);
        second.add(insert, 1);
        co_return co_await outcome(tx.run_batch(second));
    }(*pool));
    CHECK(state == "23505");
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 0; }));
    CHECK(w.rows() == "0");
}

TEST_CASE("a deferred constraint fails the commit with its own error") {
    table_world w;
    cluster().sql("create table d(i int8 constraint d_key unique deferrable initially deferred)", w.database);
    const auto pool = w.pool(w.here());
    static constexpr db::statement into_d{"insert_d", "insert into d values ($1)"};
    const auto state = w.run([](db::pool& p) -> awaitable<std::string> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(into_d, 1);
        co_await tx.query(into_d, 1);
        co_return co_await outcome(tx.commit());
    }(*pool));
    CHECK(state == "23505");
    CHECK(w.run(pool->query(backend, soon())).size() == 1);
}

TEST_CASE("explicit rollback frees the locks before it returns; an empty transaction costs nothing") {
    table_world w;
    const auto pool = w.pool(w.here());
    w.run([](db::pool& p) -> awaitable<void> {
        auto one = co_await p.begin(soon());
        co_await one.query(insert, 1);
        co_await one.rollback();
        auto two = co_await p.begin(soon());
        co_await two.query(insert, 1);  // would wait for the lock of the first
        co_await two.commit();
        auto empty = co_await p.begin(soon());
        co_await empty.commit();
        auto also_empty = co_await p.begin(soon());
        co_await also_empty.rollback();
    }(*pool));
    CHECK(w.rows() == "1");
    CHECK(pool->stats().in_use == 0);
}

TEST_CASE("the deadline of a transaction holds for its statements; the connection is cleaned in the background") {
    table_world w;
    auto o = w.here();
    o.exclusive = 1;
    const auto pool = w.pool(std::move(o));
    const auto state = w.run([](db::pool& p) -> awaitable<std::string> {
        auto tx = co_await p.begin(in(100ms));
        co_await tx.query(insert, 1);
        co_return co_await outcome(tx.query(doze_for, "0.4"));
    }(*pool));
    CHECK(state == "deadline");
    w.run(insert_and(*pool, 2, true));  // the same, only exclusive connection
    CHECK(w.rows() == "1");
}

TEST_CASE("a commit cut off before its answer is unknown, and says so") {
    table_world w;
    tcp_gate gate(cluster().port());
    auto o = w.here();
    o.url = secret(cluster().tcp_url_at(gate.port(), w.database));
    const auto pool = w.pool(std::move(o));
    std::string state;
    together all(w.context);
    all.add([](db::pool& p, tcp_gate& g, std::string& out) -> awaitable<void> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(insert, 1);
        g.hold_answers();
        out = co_await outcome(tx.commit());
    }(*pool, gate, state));
    REQUIRE(w.turn_until([&] { return w.rows() == "1"; }));  // it did commit
    CHECK(state.empty());
    gate.cut();
    gate.resume();
    all.join();
    CHECK(state == "08007");
    w.run(insert_and(*pool, 2, true));
    CHECK(w.rows() == "2");
}

TEST_CASE("a commit whose deadline passes is unknown as well") {
    table_world w;
    tcp_gate gate(cluster().port());
    auto o = w.here();
    o.url = secret(cluster().tcp_url_at(gate.port(), w.database));
    const auto pool = w.pool(std::move(o));
    const auto state = w.run([](db::pool& p, tcp_gate& g) -> awaitable<std::string> {
        auto tx = co_await p.begin(in(2s));  // room to connect, under a sanitizer, too
        co_await tx.query(insert, 1);
        g.hold_answers();
        co_return co_await outcome(tx.commit());
    }(*pool, gate));
    CHECK(state == "08007");
}

TEST_CASE("a statement cut off inside a transaction is a lost connection, not an unknown outcome") {
    table_world w;
    auto o = w.here();
    o.application_name = "mita-cut";
    const auto pool = w.pool(std::move(o));
    const auto state = w.run([](db::pool& p) -> awaitable<std::string> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(insert, 1);
        cluster().kill_backends("mita-cut");
        co_return co_await outcome(tx.query(insert, 2));
    }(*pool));
    CHECK((state == "57P01" || state == "08006"));
    CHECK(w.rows() == "0");
}

TEST_CASE("an exclusive connection goes to whoever has waited longest") {
    table_world w;
    auto o = w.here();
    o.exclusive = 1;
    const auto pool = w.pool(std::move(o));
    std::vector<int> order;
    together all(w.context);
    for (int i = 0; i < 6; ++i)
        all.add([](db::pool& p, int k, std::vector<int>& out) -> awaitable<void> {
            for (int round = 0; round < 3; ++round) {
                auto tx = co_await p.begin(soon());
                out.push_back(k);
                co_await tx.query(doze_for, "0.002");
                co_await tx.commit();
            }
        }(*pool, i, order));
    all.join();
    REQUIRE(order.size() == 18);
    // Nobody gets a second turn before everybody had the first, nor a third before the second.
    for (std::size_t i = 0; i < order.size(); ++i) CHECK(order[i] == static_cast<int>(i % 6));
    CHECK(pool->stats().connected <= 3);
}

TEST_CASE("the line for exclusive connections is bounded and its waits end at their deadlines") {
    table_world w;
    auto o = w.here();
    o.exclusive = 1;
    o.max_waiting = 2;
    const auto pool = w.pool(std::move(o));
    std::vector<std::string> states(4);
    together all(w.context);
    all.add([](db::pool& p) -> awaitable<void> {
        auto tx = co_await p.begin(soon());
        co_await tx.query(doze_for, "0.3");
        co_await tx.commit();
    }(*pool));
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 1; }));
    for (std::size_t i = 0; i < 3; ++i)
        all.add([](db::pool& p, std::string& out) -> awaitable<void> { out = co_await outcome(p.begin(in(100ms))); }(
                                                      *pool, states[i]));
    all.join();
    CHECK(states[0] == "deadline");
    CHECK(states[1] == "deadline");
    CHECK(states[2] == "overloaded");
    CHECK(pool->stats().waiting == 0);
    w.run(insert_and(*pool, 1, true));
}

TEST_CASE("transactions run beside each other up to the lane's size, and point queries beside them") {
    table_world w;
    auto o = w.here();
    o.exclusive = 3;
    const auto pool = w.pool(std::move(o));
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 2; }));
    together all(w.context);
    for (int i = 0; i < 3; ++i)
        all.add([](db::pool& p) -> awaitable<void> {
            auto tx = co_await p.begin(soon());
            co_await tx.query(doze_for, "0.5");
            co_await tx.commit();
        }(*pool));
    REQUIRE(w.turn_until([&] { return pool->stats().in_use == 3; }));
    w.run(pool->query(backend, soon()));
    CHECK(all.running() == 3);
    all.join();
}

TEST_CASE("serialization failures are told apart so that the caller runs the whole transaction again") {
    table_world w;
    const auto pool = w.pool(w.here());
    static constexpr db::statement isolate{"isolate", "set transaction isolation level serializable"};
    const auto state = w.run([](db::pool& p) -> awaitable<std::string> {
        auto a = co_await p.begin(soon());
        co_await a.query(isolate);
        co_await a.query(count);
        auto b = co_await p.begin(soon());
        co_await b.query(isolate);
        co_await b.query(count);
        co_await b.query(insert, 1);
        co_await b.commit();
        const auto first = co_await outcome(a.query(insert, 2));
        if (!first.empty()) co_return first;
        co_return co_await outcome(a.commit());
    }(*pool));
    CHECK(state == "40001");
    CHECK(db::error(state, "", "").is_retryable());
}
