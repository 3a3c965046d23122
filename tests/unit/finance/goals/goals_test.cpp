// What months put aside for goals, and what is there: the pure parts.
#include "unit/finance/planning_support.hpp"

#include "finance/goals/contribution.hpp"
#include "finance/goals/goal_state.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <map>
#include <vector>

using namespace planning_support;

namespace {

constexpr int long_enough = 60;

plan_inputs with_goal(plan_inputs::goal g) {
    auto a = april();
    g.id = "g";
    g.name = "Goal";
    a.goals = {std::move(g)};
    return a;
}

std::vector<stored_period> planned(const plan_inputs& a, int months) {
    const auto out = plan_months(a, category_book(), day("2026-04-01"), from_month("2026-04"), months);
    REQUIRE(out);
    return *out;
}

contribution put_in(std::string_view on, amount value) {
    contribution c;
    c.id = new_uuid();
    c.on = day(on);
    c.value = value;
    return c;
}

}  // namespace

TEST_CASE("L5: a goal by months is reached in the month it says, and has its target then, to the unit") {
    REQUIRE(rc::check([] {
        plan_inputs::goal g;
        g.target = *rc::gen::inRange<amount>(0, 60000);
        g.monthly = *rc::gen::inRange<amount>(1000, 20000);
        g.contributed = *rc::gen::inRange<amount>(0, 70000);
        const auto months = planned(with_goal(g), long_enough);
        const auto said = goals_of(with_goal(g), months.front(), {}).front();
        for (const auto& p : months) {
            const auto& now = p.goals.front();
            const auto after = now.saved + now.reserved + g.contributed;
            RC_ASSERT(now.reserved >= 0);
            RC_ASSERT(now.reserved <= *g.monthly);
            if (said.reached_by && p.over().next <= *said.reached_by) RC_ASSERT(after < g.target);
            if (said.reached_by && p.over().next > *said.reached_by) RC_ASSERT(after == g.target);
            if (!said.reached_by) RC_ASSERT(after == g.contributed);
        }
        RC_ASSERT(said.reached_by.has_value() == (g.contributed < g.target));
    }));
}

TEST_CASE("L5: a goal by a day is reached by it whatever was contributed, and a paused one takes nothing") {
    REQUIRE(rc::check([] {
        plan_inputs::goal g;
        g.target = *rc::gen::inRange<amount>(0, 60000);
        g.by = later(month("2026-04"), *rc::gen::inRange(0, 24));
        g.contributed = *rc::gen::inRange<amount>(0, 70000);
        for (const auto& p : planned(with_goal(g), long_enough)) {
            const auto after = p.goals.front().saved + p.goals.front().reserved + g.contributed;
            if (p.over().next > *g.by) RC_ASSERT(after == std::max(g.target, g.contributed));
        }
        g.paused = true;
        for (const auto& p : planned(with_goal(g), 3)) RC_ASSERT(p.goals.front().reserved == 0);
    }));
}

TEST_CASE("L5: entries hold when no day ends below nothing, whatever order they came in") {
    goal_entries all;
    all.contributions = {put_in("2026-05-02", -300), put_in("2026-04-10", 200)};
    CHECK_FALSE(all.holds());
    all.months = {{whole(month("2026-04")), 100}};
    CHECK(all.holds());
    CHECK(all.sum() == 0);
    all.contributions.push_back(put_in("2026-04-29", -201));  // April's is not there yet
    CHECK_FALSE(all.holds());
    all.contributions.push_back(put_in("2026-04-29", 201));  // on one day the order is nobody's
    CHECK(all.holds());
    all.contributions.push_back(put_in("2026-06-01", max_amount));
    CHECK(all.holds());
    all.contributions.push_back(put_in("2026-06-02", 1));
    CHECK_FALSE(all.fits());
}

TEST_CASE("a goal that comes a hundred years late has no month") {
    CHECK(reached_after(100, 100, 0) == 0);
    CHECK(reached_after(101, 100, 1) == 1);
    CHECK_FALSE(reached_after(101, 100, 0));
    CHECK(reached_after(1200, 0, 1) == 1200);
    CHECK_FALSE(reached_after(1201, 0, 1));
}
