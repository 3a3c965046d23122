// What the days of closed months leave under policy `save`, and the goal it goes to: derived, in any order the same.
#include "unit/finance/planning_support.hpp"

#include "finance/goals/goal_state.hpp"
#include "finance/month/carry.hpp"
#include "finance/month/replan.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

using namespace planning_support;

namespace {

plan_inputs saving(amount target = 10'000'000) {
    auto a = april();
    for (auto& c : a.categories) c.rule = policy{policy_kind::save, 0};
    a.categories.front().roll.kind = rollover_kind::both;
    a.goals.front().id = "fund";
    a.goals.front().target = target;
    a.goals.front().by = day("2035-12-31");
    return a;
}

struct booking {
    std::string on, category;
    amount value;
};

std::vector<booking> any_bookings() {
    const std::vector<std::string> of{"groceries", "transport", "dining_out", "clothing"};
    std::vector<booking> out;
    const auto count = *rc::gen::inRange(0, 25);
    for (int i = 0; i < count; ++i) {
        const auto when = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 91)};
        out.push_back({format_day(when), *rc::gen::elementOf(of), *rc::gen::inRange<amount>(-3000, 20000)});
    }
    return out;
}

swept_savings swept_with(const std::vector<booking>& all, std::string_view today) {
    auto f = joined(saving(), "2026-04-01", "2026-07");
    for (const auto& b : all) spend(f, b.on, b.category, b.value);
    return swept_before(f, month("2026-07"), day(today));
}

std::vector<std::pair<civil_day, amount>> plain(const swept_savings& swept) {
    std::vector<std::pair<civil_day, amount>> out;
    const auto found = swept.find("fund");
    if (found == swept.end()) return out;
    for (const auto& m : found->second) out.emplace_back(m.over.start, m.value);
    return out;
}

}  // namespace

TEST_CASE("L5: what a goal was swept is what each closed month's view says was swept, a month an entry") {
    REQUIRE(rc::check([] {
        auto f = joined(saving(), "2026-04-01", "2026-07");
        for (const auto& b : any_bookings()) spend(f, b.on, b.category, b.value);
        std::vector<std::pair<civil_day, amount>> said;
        for (const auto* m : {"2026-06", "2026-05", "2026-04"}) {
            amount sum = 0;
            for (const auto& c : view_month(f, month(m), day("2026-07-09")).plan.categories) sum += c.swept;
            if (sum > 0) said.emplace_back(month(m), sum);
        }
        const auto swept = swept_before(f, month("2026-07"), day("2026-07-09"));
        RC_ASSERT(plain(swept) == said);
        const auto now = view_month(f, month("2026-07"), day("2026-07-09"));
        RC_ASSERT(plain(now.swept) == said);
        const auto g = goals_of(f.in_force(), *now.budget, swept).front();
        RC_ASSERT(g.saved == now.budget->goals.front().saved + sum_of(swept, "fund"));
    }));
}

TEST_CASE("P4: in whatever order entries came, the same is swept; without one that came late it is as it was") {
    REQUIRE(rc::check([] {
        auto all = any_bookings();
        const auto before = plain(swept_with(all, "2026-07-01"));
        auto turned = all;
        std::ranges::reverse(turned);
        RC_ASSERT(plain(swept_with(turned, "2026-07-20")) == before);
        all.push_back({"2026-05-03", "groceries", *rc::gen::inRange<amount>(1, 90000)});
        const auto later = plain(swept_with(all, "2026-07-20"));
        all.pop_back();
        RC_ASSERT(plain(swept_with(all, "2026-07-20")) == before);
        // April was over: nothing in May is its.
        const auto of_april = [](const auto& months) {
            amount sum = 0;
            for (const auto& [m, value] : months) sum += m == month("2026-04") ? value : 0;
            return sum;
        };
        RC_ASSERT(of_april(later) == of_april(before));
    }));
}

TEST_CASE("a month sweeps from the morning after its last day on") {
    CHECK(plain(swept_with({}, "2026-06-30")).size() == 2);
    CHECK(plain(swept_with({}, "2026-07-01")).size() == 3);
}

TEST_CASE("it goes to the first goal that is neither paused nor reached, and to nobody when no category saves") {
    auto a = saving();
    a.goals.push_back(a.goals.front());
    a.goals.back().id = "second";
    const auto goes_to = [](const plan_inputs& inputs) {
        const auto p = plan_months(inputs, category_book(), day("2026-04-01"), from_month("2026-04"), 1);
        REQUIRE(p);
        std::string out;
        for (const auto& g : p->front().goals) out += g.sweeps ? g.id : "";
        return out;
    };
    CHECK(goes_to(a) == "fund");
    a.goals.front().paused = true;
    CHECK(goes_to(a) == "second");
    a.goals.front().paused = false;
    a.goals.front().contributed = a.goals.front().target;
    CHECK(goes_to(a) == "second");
    a.goals.pop_back();
    CHECK(goes_to(a).empty());
    a.goals.front().contributed = 0;
    for (auto& c : a.categories) c.rule = policy{};
    CHECK(goes_to(a).empty());
}

TEST_CASE("P4: what was swept changes no month that opens, until the person plans anew") {
    const auto a = saving(500'000);
    auto f = joined(a, "2026-04-01", "2026-06");
    const auto untouched = joined(a, "2026-04-01", "2026-07").periods.back()->goals.front().reserved;
    loaded_month got{f, day("2026-06-02"), whole(month("2026-06")), day("2026-06-30")};
    const auto swept = sum_of(swept_before(f, month("2026-06"), day("2026-06-02")), "fund");
    REQUIRE(swept > 0);
    const auto anew = replanned(got, f.in_force(), got.today).front();
    CHECK(anew.goals.front().swept == swept);
    CHECK(anew.goals.front().saved == f.periods.back()->goals.front().saved);
    CHECK(anew.goals.front().reserved < f.periods.back()->goals.front().reserved);
    const auto july = plan_months(a, f.book, day("2026-04-01"), after(anew, a.periods), 1);
    REQUIRE(july);
    CHECK(july->front().goals.front().swept == swept);  // May's, and what is swept in June comes with the next act
    CHECK(july->front().goals.front().reserved < untouched);
    CHECK(july->front().chain_from == month("2026-04"));
}

TEST_CASE("a goal that comes again has nothing of what was swept before") {
    auto f = joined(saving(), "2026-04-01", "2026-06");
    auto gone = std::make_shared<stored_period>(*f.periods.back());
    gone->goals.front().swept.reset();
    f.periods.back() = gone;
    CHECK(swept_before(f, month("2026-06"), day("2026-06-02")).empty());
}

TEST_CASE("near 2^53 a goal is swept what it has room for, the oldest first") {
    auto f = joined(saving(), "2026-04-01", "2026-06");
    const auto whole = plain(swept_before(f, month("2026-06"), day("2026-06-02")));
    REQUIRE(whole.size() == 2);
    const auto saved = f.periods.back()->goals.front().saved;
    f.contributed = {{"fund", max_amount - saved - whole.back().second - 1}};
    const auto cut = plain(swept_before(f, month("2026-06"), day("2026-06-02")));
    REQUIRE(cut.size() == 2);
    CHECK(cut.back() == whole.back());
    CHECK(cut.front().second == 1);
}
