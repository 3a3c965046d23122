// R20: rate limits by GCRA, exact, bounded, O(1). Time is given, so nothing waits.
#include "gateway/limits/rate_limit.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

using mita::gateway::rate_limiter;
using mita::gateway::rate_policy;

namespace {

constexpr std::int64_t second = 1'000'000'000;

rate_policy policy(std::int64_t quota, std::int64_t window_s) {
    mita::config::rate r;
    r.quota = quota;
    r.window_s = window_s;
    return rate_policy("user", r);
}

}  // namespace

TEST_CASE("R20: a burst of the whole quota passes, the next request does not, and says when to come back") {
    rate_limiter limits(1 << 20);
    const auto p = policy(10, 60);
    for (int i = 0; i < 10; ++i) {
        const auto d = limits.take(p, "ann", second);
        REQUIRE(d.allowed);
        REQUIRE(d.remaining == 9 - i);
    }
    const auto refused = limits.take(p, "ann", second);
    REQUIRE_FALSE(refused.allowed);
    REQUIRE(refused.remaining == 0);
    REQUIRE(refused.retry_after_s == 6);
    REQUIRE(refused.reset_s == 60);
    REQUIRE(limits.take(p, "ann", second + 6 * second).allowed);
    REQUIRE(limits.take(p, "bob", second).allowed);
}

TEST_CASE("R20: a refused request costs nothing") {
    rate_limiter limits(1 << 20);
    const auto p = policy(2, 2);
    limits.take(p, "ann", second);
    limits.take(p, "ann", second);
    for (int i = 0; i < 100; ++i) REQUIRE_FALSE(limits.take(p, "ann", second).allowed);
    REQUIRE(limits.take(p, "ann", 2 * second).allowed);
}

TEST_CASE("R20: quota 0 is off") {
    rate_limiter limits(1 << 16);
    const auto p = policy(0, 0);
    for (int i = 0; i < 1000; ++i) REQUIRE(limits.take(p, "ann", 0).allowed);
}

TEST_CASE("R20: in any window of the policy at most twice the quota passes, whatever the arrival times") {
    CHECK(rc::check("no window sees more than burst + rate", [] {
        const auto quota = *rc::gen::inRange<std::int64_t>(1, 50);
        const auto window = *rc::gen::inRange<std::int64_t>(1, 100);
        const auto gaps = *rc::gen::container<std::vector<std::int64_t>>(
            200, rc::gen::inRange<std::int64_t>(0, window * second / quota));
        rate_limiter limits(1 << 16);
        const auto p = policy(quota, window);
        std::vector<std::int64_t> passed;
        std::int64_t now = second;
        for (const auto gap : gaps) {
            now += gap;
            if (limits.take(p, "ann", now).allowed) passed.push_back(now);
        }
        for (const auto from : passed) {
            const auto n = std::count_if(passed.begin(), passed.end(),
                                         [&](auto t) { return t >= from && t < from + window * second; });
            RC_ASSERT(n <= 2 * quota);
        }
    }));
}

TEST_CASE("R20: a flood of keys keeps the table's size, and counts of a busy key survive beside it") {
    rate_limiter limits(64 << 10);
    const auto p = policy(5, 3600);
    for (int i = 0; i < 5; ++i) REQUIRE(limits.take(p, "busy", second + i).allowed);
    int forgotten = 0;
    for (int i = 0; i < 2000; ++i) {
        limits.take(p, "key" + std::to_string(i), second + 10);
        if (i % 100 == 0 && limits.take(p, "busy", second + 20).allowed) ++forgotten;
    }
    REQUIRE(forgotten <= 1);
}

TEST_CASE("R20: two workers together let exactly the quota pass") {
    rate_limiter limits(1 << 20);
    const auto p = policy(1000, 3600);
    std::atomic<int> passed{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 1000; ++i)
                if (limits.take(p, "ann", second).allowed) ++passed;
        });
    for (auto& t : threads) t.join();
    REQUIRE(passed == 1000);
}

TEST_CASE("R20: an IPv6 client counts by its /64, an IPv4 client by its address") {
    using mita::gateway::rate_key_of_address;
    REQUIRE(rate_key_of_address("2001:db8:1:2::1") == rate_key_of_address("2001:db8:1:2:ffff::9"));
    REQUIRE(rate_key_of_address("2001:db8:1:2::1") != rate_key_of_address("2001:db8:1:3::1"));
    REQUIRE(rate_key_of_address("192.0.2.1") != rate_key_of_address("192.0.2.2"));
}

TEST_CASE("The limits' headers have the form of the IETF draft") {
    std::string policies, states;
    mita::gateway::rate_decision d;
    d.remaining = 587;
    d.reset_s = 31;
    append_policy(policies, policy(600, 60));
    append_policy(policies, policy(120, 60));
    append_state(states, policy(600, 60), d);
    REQUIRE(policies == "\"user\";q=600;w=60, \"user\";q=120;w=60");
    REQUIRE(states == "\"user\";r=587;t=31");
}
