#include "cache/cache.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace mita;

namespace {

struct sizer {
    std::size_t operator()(const std::string&, const std::string& v) const { return v.size() + 32; }
};
using texts = cache::cache<std::string, std::string, sizer>;

std::shared_ptr<const std::string> shared_text(std::string s) {
    return std::make_shared<const std::string>(std::move(s));
}

awaitable<void> nap(std::chrono::milliseconds d) {
    executor ex = co_await asio::this_coro::executor;
    steady_timer timer(ex, d);
    error_code ec;
    co_await timer.async_wait(to(ec));
}

// A load that stays in flight until the test opens the gate (any thread).
struct gate {
    std::atomic<bool> open{false};
    std::atomic<int> started{0};
    awaitable<void> pass() {
        ++started;
        while (!open) {
            co_await nap(1ms);
        }
    }
};

// Two threads with an io_context each, as workers are.
struct two_workers {
    two_workers() {
        for (int i = 0; i < 2; ++i) {
            contexts.push_back(std::make_unique<asio::io_context>(1));
            guards.emplace_back(contexts.back()->get_executor());
        }
        for (auto& c : contexts) threads.emplace_back([&c] { c->run(); });
    }
    void finish() {
        guards.clear();
        for (auto& t : threads) t.join();
        threads.clear();
    }
    ~two_workers() {
        if (!threads.empty()) finish();
    }
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    std::vector<asio::executor_work_guard<executor>> guards;
    std::vector<std::thread> threads;
};

struct tally {
    std::atomic<int> good{0}, late{0}, failed{0}, wrong_thread{0};
    int all() const { return good + late + failed; }
};

template <class Load>
awaitable<void> ask(texts* c, std::string key, Load load, deadline d, tally* out) {
    const auto home = std::this_thread::get_id();
    try {
        const auto v = co_await c->get(key, load, d);
        if (v && *v == "loaded " + key) ++out->good;
    } catch (const deadline_exceeded&) {
        ++out->late;
    } catch (const std::runtime_error&) {
        ++out->failed;
    }
    if (std::this_thread::get_id() != home) ++out->wrong_thread;
}

template <class F>
void until(F f) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!f() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    REQUIRE(f());
}

void spawn(asio::io_context& on, awaitable<void> task) {
    asio::co_spawn(on.get_executor(), std::move(task), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
}

}  // namespace

TEST_CASE("One load serves all callers of a key on all workers, each resumed on its own thread") {
    two_workers w;
    texts c{cache::options()};
    gate g;
    tally t;
    const auto load = [&g](std::string key, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        co_return shared_text("loaded " + key);
    };
    constexpr int callers = 200;
    for (int i = 0; i < callers; ++i) spawn(*w.contexts[i % 2], ask(&c, "k", load, test::soon(), &t));
    until([&] { return c.snapshot().joins == callers - 1; });
    g.open = true;
    until([&] { return t.all() == callers; });
    w.finish();
    CHECK(t.good == callers);
    CHECK(t.wrong_thread == 0);
    CHECK(g.started == 1);
    const auto s = c.snapshot();
    CHECK(s.loads == 1);
    CHECK(s.load_failures == 0);
    CHECK(s.misses == callers);
    CHECK(s.entries == 1);
}

TEST_CASE("A leader that gives up does not end the load for its followers") {
    two_workers w;
    texts c{cache::options()};
    gate g;
    tally leader, followers;
    const auto load = [&g](std::string key, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        co_return shared_text("loaded " + key);
    };
    spawn(*w.contexts[0], ask(&c, "k", load, deadline::after(20ms), &leader));
    until([&] { return g.started == 1; });
    spawn(*w.contexts[1], ask(&c, "k", load, test::soon(), &followers));
    spawn(*w.contexts[0], ask(&c, "k", load, test::soon(), &followers));
    until([&] { return leader.late == 1; });
    CHECK(followers.all() == 0);
    g.open = true;
    until([&] { return followers.all() == 2; });
    w.finish();
    CHECK(followers.good == 2);
    CHECK(g.started == 1);
    CHECK(*c.find(std::string("k"))->value == "loaded k");
}

TEST_CASE("A failed load fails all its waiters with its own exception and is not cached") {
    two_workers w;
    texts c{cache::options()};
    gate g;
    tally t;
    const auto load = [&g](std::string, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        throw std::runtime_error("store down");
    };
    for (int i = 0; i < 10; ++i) spawn(*w.contexts[i % 2], ask(&c, "k", load, test::soon(), &t));
    until([&] { return c.snapshot().joins == 9; });
    g.open = true;
    until([&] { return t.all() == 10; });
    w.finish();
    CHECK(t.failed == 10);
    CHECK(c.snapshot().load_failures == 1);
    CHECK(c.snapshot().entries == 0);
    const auto again = [](std::string key, deadline) -> awaitable<texts::ptr> {
        co_return shared_text("loaded " + key);
    };
    const auto v = test::run(c.get("k", again, test::soon()));
    CHECK(*v == "loaded k");
}

TEST_CASE(
    "Invalidate during a load wins: its waiters get the value, the cache does not keep it, the next caller loads "
    "anew") {
    two_workers w;
    texts c{cache::options()};
    gate g;
    tally t;
    const auto load = [&g](std::string key, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        co_return shared_text("loaded " + key);
    };
    spawn(*w.contexts[0], ask(&c, "k", load, test::soon(), &t));
    until([&] { return g.started == 1; });
    c.invalidate("k");
    spawn(*w.contexts[1], ask(&c, "k", load, test::soon(), &t));
    until([&] { return g.started == 2; });
    c.invalidate("k");
    g.open = true;
    until([&] { return t.all() == 2; });
    w.finish();
    CHECK(t.good == 2);
    CHECK(!c.find(std::string("k")));
    CHECK(c.snapshot().loads == 2);
}

TEST_CASE("An insert during a load wins over what the load brings") {
    two_workers w;
    texts c{cache::options()};
    gate g;
    tally t;
    const auto load = [&g](std::string key, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        co_return shared_text("loaded " + key);
    };
    spawn(*w.contexts[0], ask(&c, "k", load, test::soon(), &t));
    until([&] { return g.started == 1; });
    c.insert("k", shared_text("written"));
    g.open = true;
    until([&] { return t.all() == 1; });
    w.finish();
    CHECK(*c.find(std::string("k"))->value == "written");
}

TEST_CASE("A null result is kept as a negative entry, so that absent keys are not loaded again and again") {
    texts c{cache::options()};
    int loads = 0;
    const auto load = [&loads](std::string, deadline) -> awaitable<texts::ptr> {
        ++loads;
        co_return nullptr;
    };
    CHECK(test::run(c.get("k", load, test::soon())) == nullptr);
    CHECK(test::run(c.get("k", load, test::soon())) == nullptr);
    CHECK(loads == 1);
}

TEST_CASE("A load that ignores its deadline is given up after load_timeout, and a later caller starts another") {
    two_workers w;
    cache::options o;
    o.load_timeout = 20ms;
    texts c{o};
    gate g;
    tally t;
    const auto load = [&g](std::string key, deadline) -> awaitable<texts::ptr> {
        co_await g.pass();
        co_return shared_text("loaded " + key);
    };
    spawn(*w.contexts[0], ask(&c, "k", load, deadline::after(10ms), &t));
    until([&] { return t.late == 1; });
    until([&] {
        spawn(*w.contexts[1], ask(&c, "k", load, deadline::after(5ms), &t));
        return g.started >= 2;
    });
    g.open = true;
    until([&] { return c.snapshot().loads == 2; });
    w.finish();
    CHECK(t.good + t.late == t.all());
}

TEST_CASE("Thousands of gets with invalidations over two workers always answer, and no key is loaded twice at once") {
    two_workers w;
    texts c{cache::options()};
    std::atomic<int> now_loading[8] = {};
    std::atomic<int> overlaps{0};
    tally t;
    const auto load = [&](std::string key, deadline) -> awaitable<texts::ptr> {
        auto& mine = now_loading[key.back() - '0'];
        if (mine.fetch_add(1) != 0) ++overlaps;
        co_await nap(1ms);
        mine.fetch_sub(1);
        co_return shared_text("loaded " + key);
    };
    constexpr int total = 4000;
    for (int i = 0; i < total; ++i)
        spawn(*w.contexts[i % 2], ask(&c, "k" + std::to_string(i % 8), load, test::soon(), &t));
    until([&] { return t.all() == total; });
    CHECK(overlaps == 0);
    for (int i = 0; i < total; ++i) {
        spawn(*w.contexts[i % 2], ask(&c, "k" + std::to_string(i % 8), load, test::soon(), &t));
        if (i % 50 == 0) c.invalidate("k" + std::to_string(i % 8));
    }
    until([&] { return t.all() == 2 * total; });
    w.finish();
    CHECK(t.good == 2 * total);
    CHECK(t.wrong_thread == 0);
}
