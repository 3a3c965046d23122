// What of a goal's amount a month each period has.
#include "finance/plan/goal_pace.hpp"

#include "unit/finance/planning_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <chrono>

using namespace planning_support;

TEST_CASE("T1: of whatever a month is cut into, the parts have its amount together, to the unit") {
    REQUIRE(rc::check([] {
        const auto over = whole(day("2026-01-01") + std::chrono::days{*rc::gen::inRange(0, 1500)});
        const auto monthly = *rc::gen::inRange<amount>(0, 1'000'000);
        amount sum = 0;
        for (auto from = over.start; from < over.next;) {
            const auto to = std::min(over.next, from + std::chrono::days{*rc::gen::inRange(1, 15)});
            const auto part = share_of_months(monthly, {from, to});
            RC_ASSERT(part >= 0);
            sum += part;
            from = to;
        }
        RC_ASSERT(sum == monthly);
    }));
}

TEST_CASE("a goal by a month's amount is reached in the first period whose shares do, whatever its rules") {
    REQUIRE(rc::check([] {
        period_rule rule;
        rule.every = static_cast<period_unit>(*rc::gen::inRange(0, 3));
        rule.payday = day("2026-04-03");
        rule.start_day = *rc::gen::inRange(1, 29);
        period_rules by;
        by.change(rule, day("2026-05-01"));
        const auto over = by.containing(day("2026-04-10") + std::chrono::days{*rc::gen::inRange(0, 60)});
        const auto open = *rc::gen::inRange<amount>(1, 50000), monthly = *rc::gen::inRange<amount>(500, 20000);
        const auto found = reached_in(by, over, open, each_of(by, monthly, over), monthly);
        RC_ASSERT(found.has_value());
        amount before = 0;
        for (auto p = over; p.start < found->start; p = by.next(p)) before += each_of(by, monthly, p);
        RC_ASSERT(before < open);
        RC_ASSERT(before + each_of(by, monthly, *found) >= open);
    }));
}

TEST_CASE("months by their own rule have the whole amount, a piece between two rules its days' share") {
    period_rules by;
    by.change(period_rule{period_unit::month, 25}, day("2026-05-01"));
    CHECK(each_of(by, 3100, whole(day("2026-04-01"))) == 3100);
    CHECK(each_of(by, 3100, by.containing(day("2026-05-10"))) == 2400);  // 24 of May's 31 days
    CHECK(each_of(by, 3100, by.containing(day("2026-06-10"))) == 3100);
}
