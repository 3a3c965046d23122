#include "support/tcp_gate.hpp"
#include "world.hpp"

#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <iostream>
#include <thread>

using namespace mita;
using namespace mita::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr db::statement echoed{"echo", "select $1::int8"};
constexpr db::statement insert_log{"insert_log", "insert into log values ($1)"};

double seconds_between(clock_type::time_point a, clock_type::time_point b) {
    return std::chrono::duration<double>(b - a).count();
}

// The tests here stop and start a cluster of their own.
pg_cluster& fragile() {
    static pg_cluster one;
    return one;
}

struct tally {
    std::vector<std::string> acknowledged;
    std::int64_t failed = 0;
    bool stop = false;
    std::atomic<bool> back{false};  // the database accepts connections again
    clock_type::time_point back_at;
    clock_type::time_point first_success{};
};

// Inserts its own ids one by one until told to stop; an error costs a breath and a new id.
awaitable<void> caller(db::pool& pool, tally& t, int who) {
    for (int i = 0; !t.stop; ++i) {
        const std::string id = std::to_string(who) + "-" + std::to_string(i);
        const auto state = co_await outcome(pool.query(insert_log, in(3s), id));
        if (state.empty()) {
            t.acknowledged.push_back(id);
            if (t.back && t.first_success == clock_type::time_point{}) t.first_success = clock_type::now();
        } else {
            ++t.failed;
            co_await sleep_for(10ms);
        }
    }
}

void restart_under_load(pg_cluster::shutdown how, const char* name) {
    db_world w;
    const auto database = fragile().create_database();
    fragile().sql("create table log(id text)", database);
    const auto pool = w.pool(db_world::options(fragile().url(database)));
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 2; }));
    tally t;
    together all(w.context);
    for (int i = 0; i < 32; ++i) all.add(caller(*pool, t, i));
    w.turn_until([&] { return t.acknowledged.size() > 500; });
    std::thread restarter([&] {
        fragile().stop(how);
        std::this_thread::sleep_for(300ms);
        fragile().start();
        t.back_at = clock_type::now();
        t.back = true;
    });
    const bool served = w.turn_until([&] { return t.first_success != clock_type::time_point{}; }, 20s);
    restarter.join();
    REQUIRE(served);
    const auto after = t.acknowledged.size();
    w.turn_until([&] { return t.acknowledged.size() > after + 500; });
    t.stop = true;
    all.join();
    const auto recovery = seconds_between(t.back_at, t.first_success);
    std::cout << name << " restart: " << t.acknowledged.size() << " acknowledged, " << t.failed
              << " failed, served again " << recovery << " s after the database was back\n";
    CHECK(recovery <= 2.0);
    CHECK(t.acknowledged.size() > after + 500);
    std::string list;
    for (const auto& id : t.acknowledged) list += (list.empty() ? "('" : ",('") + id + "')";
    const auto wrong = fragile().sql(
        "select count(*) from (values " + list + ") a(id) where (select count(*) from log where log.id = a.id) <> 1",
        database);
    CHECK(wrong == "0");
    CHECK(fragile().sql("select count(*) from (select id from log group by id having count(*) > 1) d", database) ==
          "0");
}

}  // namespace

TEST_CASE("a fast restart under 32 callers loses no acknowledged insert and is over within 2 s") {
    restart_under_load(pg_cluster::shutdown::fast, "fast");
}

TEST_CASE("an immediate restart under 32 callers loses no acknowledged insert and is over within 2 s") {
    restart_under_load(pg_cluster::shutdown::immediate, "immediate");
}

TEST_CASE("a pool lives while the database is away and becomes ready by itself") {
    db_world w;
    tcp_gate gate(cluster().port());
    gate.refuse();
    auto o = db_world::options(cluster().tcp_url_at(gate.port()));
    const auto pool = w.pool(std::move(o));
    CHECK_FALSE(pool->ready());
    CHECK(pool->stats().state == "connecting");
    // At first callers wait, in case it is about to come.
    std::string early;
    together all(w.context);
    all.add([](db::pool& p, std::string& out) -> awaitable<void> {
        out = co_await outcome(p.query(echoed, soon(), 1));
    }(*pool, early));
    all.join();
    CHECK(early == "08001");
    CHECK(pool->stats().state == "disconnected");
    // Later they are told at once: a service sheds load instead of piling it up.
    const auto asked = clock_type::now();
    CHECK(w.run(outcome(pool->query(echoed, soon(), 1))) == "08001");
    CHECK(w.run(outcome(pool->begin(soon()))) == "08001");
    CHECK(seconds_between(asked, clock_type::now()) < 0.5);
    gate.resume();
    const auto back = clock_type::now();
    CHECK(w.turn_until([&] { return pool->ready(); }, 5s));
    CHECK(seconds_between(back, clock_type::now()) <= 2.0);
    CHECK(w.run(pool->query(echoed, soon(), 1)).size() == 1);
}

TEST_CASE("a caller who comes during a short blip waits and is served") {
    db_world w;
    tcp_gate gate(cluster().port());
    const auto pool = w.pool(db_world::options(cluster().tcp_url_at(gate.port())));
    w.run(pool->query(echoed, soon(), 1));
    gate.cut();
    REQUIRE(w.turn_until([&] { return !pool->ready(); }));
    CHECK(w.run(pool->query(echoed, soon(), 2)).front().get<std::int64_t>(0) == 2);
}

TEST_CASE("a silent network: callers end at their deadlines, the dead connections are replaced") {
    db_world w;
    tcp_gate gate(cluster().port());
    auto o = db_world::options(cluster().tcp_url_at(gate.port()));
    o.statement_timeout = 300ms;
    o.connect_timeout = 300ms;
    const auto pool = w.pool(std::move(o));
    REQUIRE(w.turn_until([&] { return pool->stats().connected == 2; }));
    gate.hold_all();
    const auto asked = clock_type::now();
    CHECK(w.run(outcome(pool->query(echoed, in(200ms), 1))) == "deadline");
    CHECK(seconds_between(asked, clock_type::now()) < 0.9);
    CHECK(w.run(outcome(pool->query(echoed, soon(), 1))) == "08006");  // the watchdog closes what does not answer
    gate.cut();
    gate.resume();
    const auto back = clock_type::now();
    CHECK(w.turn_until([&] { return w.run(outcome(pool->query(echoed, soon(), 1))).empty(); }, 5s));
    CHECK(seconds_between(back, clock_type::now()) <= 2.0);
}

TEST_CASE("with delay on the wire everything is slower and right") {
    db_world w;
    tcp_gate gate(cluster().port());
    gate.delay(20ms);
    const auto pool = w.pool(db_world::options(cluster().tcp_url_at(gate.port())));
    together all(w.context);
    int right = 0;
    for (int i = 0; i < 200; ++i)
        all.add([](db::pool& p, int k, int& ok) -> awaitable<void> {
            const auto r = co_await p.query(echoed, soon(), k);
            ok += r.front().get<std::int64_t>(0) == k;
        }(*pool, i, right));
    all.join();
    CHECK(right == 200);
}

TEST_CASE("of several hosts the first that answers is used") {
    db_world w;
    auto o = db_world::options("postgresql://postgres@/postgres?host=127.0.0.1," + cluster().directory() +
                               "&port=" + std::to_string(free_port()) + "," + std::to_string(cluster().port()));
    const auto pool = w.pool(std::move(o));
    CHECK(w.run(pool->query(echoed, soon(), 1)).size() == 1);
}

TEST_CASE("a host name is resolved off the loop; one that does not resolve is an outage, not a fault") {
    db_world w;
    const auto named =
        w.pool(db_world::options("postgresql://postgres:only-for-tests@localhost:" + std::to_string(cluster().port()) +
                                 "/postgres?sslmode=require"));
    CHECK(w.run(named->query(echoed, soon(), 1)).size() == 1);
    const auto nowhere = w.pool(db_world::options("postgresql://postgres@no-such-host.invalid/postgres"));
    CHECK(w.run(outcome(nowhere->query(echoed, soon(), 1))) == "08001");
}

TEST_CASE("a refused login is an outage the pool keeps trying to end") {
    db_world w;
    cluster().sql("create role late login password 'first'");
    const auto pool = w.pool(
        db_world::options("postgresql://late:second@127.0.0.1:" + std::to_string(cluster().port()) + "/postgres"));
    CHECK(w.run(outcome(pool->query(echoed, in(300ms), 1))) == "deadline");
    cluster().sql("alter role late password 'second'");
    CHECK(w.turn_until([&] { return pool->ready(); }, 5s));
}

TEST_CASE("two workers, each with a pool of its own, share nothing but the registry and the log") {
    logger log("test", log_level::off);
    metrics::registry registry;
    cluster();
    std::atomic<int> right{0};
    std::vector<std::thread> workers;
    std::atomic<const db::pool*> seen[2] = {nullptr, nullptr};
    std::atomic<int> running{2};
    std::atomic<bool> read_enough{false};
    for (int k = 0; k < 2; ++k)
        workers.emplace_back([&, k] {
            asio::io_context context(1);
            auto pool = std::make_unique<db::pool>(context.get_executor(), db_world::options(), log, registry);
            seen[k] = pool.get();
            together all(context);
            for (int i = 0; i < 16; ++i)
                all.add([](db::pool& p, std::atomic<int>& ok) -> awaitable<void> {
                    for (int n = 0; n < 50; ++n) {
                        const auto r = co_await p.query(echoed, soon(), n);
                        ok += r.front().get<std::int64_t>(0) == n;
                    }
                    auto tx = co_await p.begin(soon());
                    co_await tx.query(echoed, 1);
                    co_await tx.commit();
                }(*pool, right));
            all.join();
            --running;
            while (!read_enough) std::this_thread::yield();  // our stats are still being read
            test::run(context, pool->close(soon()));
            pool.reset();
            context.restart();
            context.run();
        });
    std::size_t reads = 0;
    while (running > 0) {
        for (auto& p : seen)
            if (const auto* pool = p.load()) reads += pool->stats().size;
        (void)registry.expose();
    }
    read_enough = true;
    for (auto& t : workers) t.join();
    CHECK(right == 2 * 16 * 50);
    CHECK(reads > 0);
}
