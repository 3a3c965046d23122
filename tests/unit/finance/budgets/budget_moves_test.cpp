// What is moved between the budgets of a month: the pure part.
#include "unit/finance/planning_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>
#include <vector>

using namespace planning_support;

namespace {

std::vector<stored_period> two_months(const plan_inputs& a) {
    const auto out = plan_months(a, category_book(), day("2026-04-01"), from_month("2026-04"), 2);
    if (!out) throw std::logic_error("no plan");
    return *out;
}

amount given_in_all(const stored_period& p) {
    amount sum = p.budget.unallocated;
    for (const auto& c : p.budget.categories) sum += c.daily_part;
    return sum;
}

std::vector<plan_inputs::move> any_moves() {
    const std::vector<std::string> places{"groceries", "transport", "dining_out", "coffee", "pets", "housing"};
    std::vector<plan_inputs::move> out(*rc::gen::inRange<std::size_t>(1, 12));
    for (auto& m : out) {
        m.month = month("2026-04");
        m.from = *rc::gen::elementOf(places);
        m.to = *rc::gen::elementOf(places);
        m.value = *rc::gen::inRange<amount>(1, 90000);
    }
    return out;
}

}  // namespace

TEST_CASE("P3: whatever is moved between budgets, together they are given the same, none less than nothing") {
    REQUIRE(rc::check([] {
        auto a = april();
        const auto before = two_months(a);
        a.moves = any_moves();
        const auto after = two_months(a);
        RC_ASSERT(given_in_all(after[0]) == given_in_all(before[0]));
        RC_ASSERT(after[0].budget.pool.pool == before[0].budget.pool.pool);
        for (const auto& c : after[0].budget.categories) RC_ASSERT(c.daily_part >= 0);
        RC_ASSERT(budget_json(after[1]) == budget_json(before[1]));
    }));
}

TEST_CASE("P3: what is moved there and back leaves every budget as it was") {
    auto a = april();
    const auto before = two_months(a);
    a.moves = {{month("2026-04"), "groceries", "dining_out", 5000},
               {month("2026-04"), "dining_out", "groceries", 5000}};
    CHECK(budget_json(two_months(a)[0]) == budget_json(before[0]));
}
