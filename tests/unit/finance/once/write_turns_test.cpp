#include "finance/once/write_turns.hpp"

#include "core/error.hpp"

#include <boost/asio/co_spawn.hpp>

#include <catch2/catch.hpp>

#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace mita;
using namespace mita::finance;
using namespace std::chrono_literals;

namespace {

void start(asio::io_context& on, awaitable<void> task) {
    asio::co_spawn(on.get_executor(), std::move(task), [](std::exception_ptr e) {
        if (e) std::rethrow_exception(e);
    });
}

// Notes its turn, holds it a while, and lets the next one in.
awaitable<void> write(write_turns& gate, uuid user, executor on, int n, std::vector<int>& order) {
    const auto turn = co_await gate.enter(user, on, deadline::after(10s));
    order.push_back(n);
    waiter hold(on);
    co_await hold.wait(deadline::after(1ms));
    order.push_back(-n);
}

awaitable<void> write_in_time(write_turns& gate, uuid user, executor on, std::chrono::milliseconds patience,
                              std::string& end) {
    try {
        const auto turn = co_await gate.enter(user, on, deadline::after(patience));
        end = "entered";
    } catch (const deadline_exceeded&) {
        end = "late";
    } catch (const overloaded&) {
        end = "overloaded";
    }
}

awaitable<void> hold(write_turns& gate, uuid user, executor on, waiter& until) {
    const auto turn = co_await gate.enter(user, on, deadline::after(10s));
    co_await until.wait(deadline::after(10s));
}

awaitable<void> count_up(write_turns& gate, uuid user, executor on, int times, long& sum) {
    for (int i = 0; i < times; ++i) {
        const auto turn = co_await gate.enter(user, on, deadline::after(30s));
        ++sum;  // nobody else is here
    }
}

// run() ends while the other worker still has a turn to post here: what waits in line is a timer, so it does not.
void run(asio::io_context& on) { on.run(); }

}  // namespace

TEST_CASE("writes of one person go one after the other in the order they came, those of others beside them") {
    asio::io_context on(1);
    metrics::registry metrics;
    write_turns gate(metrics);
    const auto user = new_uuid();
    std::vector<int> order, other;
    for (int n = 1; n <= 5; ++n) start(on, write(gate, user, on.get_executor(), n, order));
    start(on, write(gate, new_uuid(), on.get_executor(), 9, other));
    on.run();
    CHECK(order == std::vector<int>{1, -1, 2, -2, 3, -3, 4, -4, 5, -5});
    CHECK(other == std::vector<int>{9, -9});
}

TEST_CASE("who waits too long leaves the line, and those behind get their turn") {
    asio::io_context on(1);
    metrics::registry metrics;
    write_turns gate(metrics);
    const auto user = new_uuid();
    waiter until(on.get_executor());
    std::string late, patient;
    start(on, hold(gate, user, on.get_executor(), until));
    start(on, write_in_time(gate, user, on.get_executor(), 5ms, late));
    start(on, write_in_time(gate, user, on.get_executor(), 10s, patient));
    while (late.empty()) on.run_one();
    CHECK(late == "late");
    CHECK(patient.empty());
    until.notify();
    on.run();
    CHECK(patient == "entered");
}

TEST_CASE("the line of a person is bounded") {
    asio::io_context on(1);
    metrics::registry metrics;
    write_turns gate(metrics, 1);
    const auto user = new_uuid();
    waiter until(on.get_executor());
    std::string second, third;
    start(on, hold(gate, user, on.get_executor(), until));
    start(on, write_in_time(gate, user, on.get_executor(), 10s, second));
    start(on, write_in_time(gate, user, on.get_executor(), 10s, third));
    while (third.empty()) on.run_one();
    CHECK(third == "overloaded");
    until.notify();
    on.run();
    CHECK(second == "entered");
}

TEST_CASE("two workers' writes of one person exclude each other") {
    metrics::registry metrics;
    write_turns gate(metrics);
    const auto user = new_uuid();
    constexpr int writers = 8, times = 500;
    long sum = 0;
    asio::io_context one(1), two(1);
    for (int i = 0; i < writers; ++i) {
        auto& on = i % 2 == 0 ? one : two;
        start(on, count_up(gate, user, on.get_executor(), times, sum));
    }
    std::thread a(run, std::ref(one));
    std::thread b(run, std::ref(two));
    a.join();
    b.join();
    CHECK(sum == long{writers} * times);
}

TEST_CASE("a key is claimed once at a time") {
    metrics::registry metrics;
    write_turns gate(metrics);
    const auto user = new_uuid();
    {
        const write_turns::claim first(gate, user, "POST /v1/transactions", "k");
        CHECK(first.first());
        CHECK_FALSE(write_turns::claim(gate, user, "POST /v1/transactions", "k").first());
        CHECK(write_turns::claim(gate, new_uuid(), "POST /v1/transactions", "k").first());
        CHECK(write_turns::claim(gate, user, "POST /v1/other", "k").first());
    }
    CHECK(write_turns::claim(gate, user, "POST /v1/transactions", "k").first());
}
