// The pool: queries, and how strangers share a connection.
#include "core/clock.hpp"
#include "pool_support.hpp"
#include "support/tcp_gate.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace mita;
using namespace mita::test;

namespace {

constexpr db::statement settings_of_session{
    "session",
    "select current_setting('statement_timeout'), current_setting('idle_in_transaction_session_timeout'), "
    "current_setting('search_path'), current_setting('application_name'), current_setting('client_encoding')"};

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

TEST_CASE("B8: reads by key that meet in one turn share a Sync; the first never waits") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    std::set<std::int64_t> transactions;
    int good = 0;
    together all(w.context);
    for (int i = 0; i < 20; ++i)
        all.add([](db::pool& p, int k, int& ok, std::set<std::int64_t>& times) -> awaitable<void> {
            const auto r = co_await p.query(shared_echo, soon(), k);
            ok += r.front().get<std::int64_t>(0) == k;
            times.insert(r.front().get<wall::time_point>(1).time_since_epoch().count());
        }(*pool, i, good, transactions));
    all.join();
    CHECK(good == 20);
    CHECK(transactions.size() == 2);  // now() is the transaction's: one Sync for the first, one for the rest
}

TEST_CASE("reads that share a Sync keep their errors apart: who was skipped is asked again") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    const auto pool = w.pool(std::move(o));
    int good = 0, bad = 0, unprepared = 0, own = 0;
    together all(w.context);
    for (int i = 0; i < 120; ++i)
        all.add([](db::pool& p, int k, int& ok, int& division, int& parse, int& other) -> awaitable<void> {
            if (k % 4 == 0) {
                const int by = k % 8 == 0 ? 0 : 5;
                const auto state = co_await outcome(p.query(shared_divide, soon(), by));
                division += state == (by == 0 ? "22012" : "");
            } else if (k % 4 == 1) {
                const auto state = co_await outcome(p.query(broken, soon()));
                parse += state == "42703";
            } else if (k % 4 == 2) {
                const auto r = co_await p.query(shared_echo, soon(), k);
                ok += r.front().get<std::int64_t>(0) == k;
            } else {
                const auto r = co_await p.query(echo, soon(), k);
                other += r.front().get<std::int64_t>(0) == k;
            }
        }(*pool, i, good, bad, unprepared, own));
    all.join();
    CHECK(good == 30);
    CHECK(bad == 30);
    CHECK(unprepared == 30);
    CHECK(own == 30);
}

TEST_CASE("a statement_timeout is each read's own, not that of all under the Sync, and ends only the read it is of") {
    db_world w;
    auto o = db_world::options();
    o.pipelined = 1;
    o.statement_timeout = 400ms;
    const auto pool = w.pool(std::move(o));
    const auto ends_of = [&](const std::vector<std::string_view>& sleeps) {
        std::vector<std::string> ends(sleeps.size());
        together all(w.context);
        for (std::size_t i = 0; i < sleeps.size(); ++i)
            all.add([](db::pool& p, std::string_view s, std::string& end) -> awaitable<void> {
                end = co_await outcome(p.query(shared_doze, soon(), s));
            }(*pool, sleeps[i], ends[i]));
        all.join();
        return ends;
    };
    CHECK(ends_of({"0", "0.15", "0.15", "0.15"}) == std::vector<std::string>(4));
    CHECK(ends_of({"0", "0", "5", "0"}) == std::vector<std::string>{"", "", "57014", ""});
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
