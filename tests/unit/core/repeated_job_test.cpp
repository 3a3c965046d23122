// runtime::every: the one way to run a job again and again.
#include "core/repeated_job.hpp"

#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "support/counted_new.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace mita;

namespace {

struct logged {
    logger log{"test", log_level::off};
};

}  // namespace

TEST_CASE("a job runs again and again on its worker, first after one pause, until the stop") {
    logged out;
    runtime rt(2, out.log, 1s);
    const auto begun = std::chrono::steady_clock::now();
    std::chrono::steady_clock::duration first{};
    int runs = 0;
    std::thread::id on;
    rt.every(1, "count", 5ms, [&]() -> awaitable<void> {
        if (runs == 0) first = std::chrono::steady_clock::now() - begun;
        on = std::this_thread::get_id();
        if (++runs == 3) rt.request_stop();
        co_return;
    });
    CHECK(rt.run() == 0);
    CHECK(runs >= 3);
    CHECK(first >= 5ms);
    CHECK(on != std::this_thread::get_id());
}

TEST_CASE("a job that throws runs again, after the pause it asks for anew") {
    logged out;
    runtime rt(1, out.log, 1s);
    int runs = 0, asked = 0;
    const auto pause = [&asked] {
        ++asked;
        return 1ms;
    };
    rt.every(0, "fragile", pause, [&]() -> awaitable<void> {
        if (++runs == 3) rt.request_stop();
        throw std::runtime_error("broke");
        co_return;
    });
    CHECK(rt.run() == 0);
    CHECK(runs >= 3);
    CHECK(asked >= runs);
}

TEST_CASE("a stop ends the pause at once") {
    logged out;
    runtime rt(1, out.log, 60s);
    bool ran = false;
    rt.every(0, "rare", 1h, [&]() -> awaitable<void> {
        ran = true;
        co_return;
    });
    rt.request_stop();
    const auto begun = std::chrono::steady_clock::now();
    CHECK(rt.run() == 0);
    CHECK(std::chrono::steady_clock::now() - begun < 30s);  // of the 60 that the drain may take
    CHECK_FALSE(ran);
}

TEST_CASE("a stop waits for the run in progress before the pools close") {
    logged out;
    runtime rt(2, out.log, 10s);
    std::vector<std::string> events;  // the job's worker only, and after it the close stage
    rt.every(1, "slow", 1ms, [&]() -> awaitable<void> {
        events.push_back("begun");
        rt.request_stop();
        waiter release(rt.at(1).get_executor());
        while (!rt.stopping()) {
            waiter tick(rt.at(1).get_executor());
            co_await tick.wait(deadline::after(1ms));
        }
        co_await release.wait(deadline::after(30ms));
        events.push_back("ended");
    });
    rt.on_stop(stop_stage::close, 1, [&](deadline) -> awaitable<void> {
        events.push_back("closed");
        co_return;
    });
    CHECK(rt.run() == 0);
    CHECK(events == std::vector<std::string>{"begun", "ended", "closed"});
}

TEST_CASE("two runs of a job never overlap, and a run that outlasts the pause is not made up for") {
    logged out;
    runtime rt(1, out.log, 1s);
    int inside = 0, most = 0, runs = 0;
    rt.every(0, "long", 1ms, [&]() -> awaitable<void> {
        most = std::max(most, ++inside);
        waiter work(rt.at(0).get_executor());
        co_await work.wait(deadline::after(5ms));
        --inside;
        if (++runs == 3) rt.request_stop();
    });
    CHECK(rt.run() == 0);
    CHECK(most == 1);
}

TEST_CASE("R24: a job runs again whichever allocation fails, and so do the worker's beat and its stop") {
    if (test::sanitized) return;
    logged out;
    runtime rt(1, out.log, 5s);
    std::uint64_t runs = 0;
    rt.every(0, "hungry", 1ms, [&]() -> awaitable<void> {
        test::fail_allocation(runs % 12 + 1);
        ++runs;
        const auto kept = std::make_unique<waiter>(rt.at(0).get_executor());
        co_await kept->wait(deadline::after(1ms));
        if (runs < 400) co_return;
        test::fail_allocation(0);
        rt.request_stop();
    });
    CHECK(rt.run() == 0);
    CHECK(runs >= 400);
}
