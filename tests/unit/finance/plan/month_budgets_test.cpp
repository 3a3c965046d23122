// Which budgets a month is asked to have: the pure part.
#include "finance/plan/month_budgets.hpp"

#include "unit/finance/planning_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace planning_support;

namespace {

plan_inputs::month_budget said_of(civil_day m, bool onwards, std::string category) {
    plan_inputs::month_budget out{m, onwards, {}, false};
    out.categories.push_back({std::move(category), {}, 1});
    return out;
}

civil_day later(int months) { return planning_support::later(month("2026-04"), months); }

std::string held(const plan_inputs& a, civil_day m) {
    const auto asked = asked_of(a, whole(m));
    return asked.default_weights || asked.categories.empty() ? "default" : asked.categories.front().id;
}

plan_inputs anything_said() {
    plan_inputs a;
    a.default_weights = true;
    const auto count = *rc::gen::inRange(0, 12);
    for (int i = 0; i < count; ++i) {
        const auto of = later(*rc::gen::inRange(0, 8));
        const bool onwards = *rc::gen::arbitrary<bool>();
        say(a, said_of(of, onwards, "said-" + std::to_string(i)));
    }
    return a;
}

}  // namespace

TEST_CASE("a month has what is said of it alone, else what is said last from it or before on, else the plan's") {
    plan_inputs a;
    a.categories.push_back({"plan", {}, 1});
    say(a, said_of(later(5), true, "five"));
    say(a, said_of(later(2), true, "two"));
    say(a, said_of(later(3), false, "three"));
    say(a, said_of(later(2), false, "only two"));
    const std::vector<std::string> expected{"plan", "plan", "only two", "three", "two", "five", "five"};
    for (int i = 0; i < 7; ++i) CHECK(held(a, later(i)) == expected[static_cast<std::size_t>(i)]);
    CHECK(asked_of(a, whole(later(1))).said == nullptr);
    CHECK(asked_of(a, whole(later(9))).said->month == later(5));
    CHECK(take_back(a, whole(later(2))));
    CHECK(held(a, later(2)) == "two");
    CHECK(take_back(a, whole(later(2))));
    CHECK(held(a, later(2)) == "plan");
    CHECK_FALSE(take_back(a, whole(later(2))));
    CHECK_FALSE(take_back(a, whole(later(4))));
}

TEST_CASE("settling changes no month from now on, whatever was said, and leaves nothing of before") {
    REQUIRE(rc::check([] {
        auto a = anything_said();
        const auto before = a;
        const auto now = later(*rc::gen::inRange(0, 9));
        settle(a, whole(now));
        for (int i = 0; i < 12; ++i)
            if (later(i) >= now) RC_ASSERT(held(a, later(i)) == held(before, later(i)));
        for (const auto& b : a.budgets) RC_ASSERT(b.month > now || (b.month == now && !b.onwards));
        const auto once = to_json(a);
        settle(a, whole(now));
        RC_ASSERT(to_json(a) == once);
    }));
}

TEST_CASE("to say something of a month changes no month before it, and of it alone no other") {
    REQUIRE(rc::check([] {
        auto a = anything_said();
        const auto before = a;
        const int of = *rc::gen::inRange(0, 9);
        const bool onwards = *rc::gen::arbitrary<bool>();
        say(a, said_of(later(of), onwards, "new"));
        for (int i = 0; i < 12; ++i)
            if (i < of || (!onwards && i != of)) RC_ASSERT(held(a, later(i)) == held(before, later(i)));
        RC_ASSERT(held(a, later(of)) == "new");
    }));
}

TEST_CASE("what is said of months is stored as it is, and inputs without it as before there was any") {
    auto a = april();
    CHECK(to_json(a).find("budgets") == std::string::npos);
    say(a, said_of(later(2), false, "coffee"));
    say(a, {later(3), true, {}, true});
    CHECK(to_json(plan_inputs_from_json(to_json(a))) == to_json(a));
    CHECK(held(plan_inputs_from_json(to_json(a)), later(2)) == "coffee");
    CHECK(held(plan_inputs_from_json(to_json(a)), later(7)) == "default");
}

TEST_CASE("P3: a month of its own budget changes no other month's plan") {
    auto a = april();
    const auto plan = [&] { return *plan_months(a, category_book(), day("2026-04-01"), from_month("2026-04"), 4); };
    const auto before = plan();
    say(a, said_of(later(1), false, "pets"));
    const auto after = plan();
    for (const std::size_t i : {0U, 2U, 3U}) CHECK(budget_json(after[i]) == budget_json(before[i]));
    CHECK(budget_json(after[1]) != budget_json(before[1]));
    CHECK(after[1].budget.pool.pool == before[1].budget.pool.pool);
}
