#include "core/cpu_pool.hpp"

#include "core/waiter.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace std::chrono_literals;
using mita::awaitable;
using mita::cpu_pool;
using mita::deadline;
using mita::offload;
using mita::test::soon;

namespace {

// Keeps pool threads busy until opened.
struct gate {
    std::promise<void> open;
    std::shared_future<void> opened = open.get_future().share();
    std::atomic<int> inside{0};
    std::function<void()> job() {
        return [this] {
            ++inside;
            opened.wait();
        };
    }
    void wait_inside(int n) const {
        while (inside < n) std::this_thread::yield();
    }
};

void nothing() {}

awaitable<std::thread::id> id_after(cpu_pool* pool, std::thread::id* worked) {
    const auto job = [worked] { *worked = std::this_thread::get_id(); };
    co_await offload(*pool, soon(), job);
    co_return std::this_thread::get_id();
}

}  // namespace

TEST_CASE("offload runs in the pool and resumes on the caller's thread with the result") {
    cpu_pool pool(2, 8);
    std::thread::id worked;
    const auto resumed = mita::test::run(id_after(&pool, &worked));
    CHECK(resumed == std::this_thread::get_id());
    CHECK(worked != resumed);
    const auto text = mita::test::run(offload(pool, soon(), [] { return std::string("result"); }));
    CHECK(text == "result");
}

TEST_CASE("offload carries a move-only and not default-constructible result") {
    struct only_move {
        explicit only_move(int v) : value(std::make_unique<int>(v)) {}
        std::unique_ptr<int> value;
    };
    cpu_pool pool(1, 8);
    const auto got = mita::test::run(offload(pool, soon(), [] { return only_move(7); }));
    CHECK(*got.value == 7);
}

TEST_CASE("offload throws what the function throws") {
    cpu_pool pool(1, 8);
    const auto job = []() -> int { throw std::domain_error("bad cost"); };
    CHECK_THROWS_AS(mita::test::run(offload(pool, soon(), job)), std::domain_error);
}

TEST_CASE("offload throws overloaded when the queue is full") {
    gate g;
    {
        cpu_pool pool(1, 1);
        REQUIRE(pool.submit(soon(), g.job(), nothing));
        g.wait_inside(1);
        REQUIRE(pool.submit(soon(), nothing, nothing));
        CHECK(pool.queued() == 1);
        CHECK(pool.running() == 1);
        CHECK_FALSE(pool.submit(soon(), nothing, nothing));
        CHECK_THROWS_AS(mita::test::run(offload(pool, soon(), nothing)), mita::overloaded);
        g.open.set_value();
    }
    CHECK(g.inside == 1);
}

TEST_CASE("a job whose deadline passed before it started is dropped and its caller told so") {
    gate g;
    cpu_pool pool(1, 8);
    REQUIRE(pool.submit(soon(), g.job(), nothing));
    g.wait_inside(1);
    std::atomic<bool> ran{false};
    const auto late = deadline::after(-1ms);
    std::exception_ptr error;
    mita::test::run([&](mita::executor) -> awaitable<void> {
        const auto job = [&ran] { ran = true; };
        g.open.set_value();
        try {
            co_await offload(pool, late, job);
        } catch (const mita::deadline_exceeded&) {
            error = std::current_exception();
        }
    });
    CHECK(error);
    CHECK_FALSE(ran);
}

TEST_CASE("jobs past their deadline make room in a full queue") {
    gate g;
    std::atomic<int> dropped{0};
    {
        cpu_pool pool(1, 1);
        REQUIRE(pool.submit(soon(), g.job(), nothing));
        g.wait_inside(1);
        REQUIRE(pool.submit(deadline::after(-1ms), nothing, [&] { ++dropped; }));
        CHECK(pool.submit(soon(), nothing, nothing));
        CHECK(dropped == 1);
        g.open.set_value();
    }
    CHECK(dropped == 1);
}

TEST_CASE("each job ends by exactly one of run and dropped, also when the pool is destroyed") {
    gate g;
    std::atomic<int> runs{0}, drops{0};
    std::thread opener;
    {
        cpu_pool pool(2, 100);
        for (int i = 0; i < 2; ++i) REQUIRE(pool.submit(soon(), g.job(), nothing));
        g.wait_inside(2);
        for (int i = 0; i < 50; ++i) REQUIRE(pool.submit(soon(), [&] { ++runs; }, [&] { ++drops; }));
        opener = std::thread([&] {
            while (drops == 0) std::this_thread::yield();
            g.open.set_value();
        });
    }
    opener.join();
    CHECK(runs + drops == 50);
    CHECK(drops == 50);
}

TEST_CASE("a pool without queue takes as many jobs as it has idle threads") {
    gate g;
    cpu_pool pool(2, 0);
    CHECK(pool.threads() == 2);
    CHECK(pool.submit(soon(), g.job(), nothing));
    CHECK(pool.submit(soon(), g.job(), nothing));
    g.wait_inside(2);
    CHECK_FALSE(pool.submit(soon(), nothing, nothing));
    g.open.set_value();
}

TEST_CASE("many callers of one loop share the pool and all come back") {
    cpu_pool pool(3, 1000, 5);
    int sum = 0;
    int open = 0;
    mita::test::run([&](mita::executor ex) -> awaitable<void> {
        mita::waiter all(ex);
        const auto one = [&](int i) -> awaitable<void> {
            const auto job = [i] { return i; };
            const auto got = co_await offload(pool, soon(), job);
            sum += got;
            if (--open == 0) all.notify();
        };
        for (int i = 1; i <= 200; ++i) {
            ++open;
            mita::asio::co_spawn(ex, one(i), [](std::exception_ptr e) { REQUIRE_FALSE(e); });
        }
        const bool done = co_await all.wait(soon());
        REQUIRE(done);
    });
    CHECK(sum == 200 * 201 / 2);
}
