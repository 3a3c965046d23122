// The engine's invariants P1–P6 as properties over random months; RapidCheck prints the seed of each run.
#include "finance/domain/explain.hpp"
#include "finance/domain/verdict.hpp"
#include "unit/finance/domain/domain_support.hpp"

#include <algorithm>

using namespace mita::finance;
using namespace mita::finance::testing;

namespace {

month_plan plan_of(const month_input& in) {
    auto plan = compute_month(in);
    RC_ASSERT(static_cast<bool>(plan));
    return std::move(*plan);
}

}  // namespace

TEST_CASE("P1: the baseline sums to the daily part and is never negative") {
    CHECK(holds("P1", [] {
        const auto in = *any_month();
        const auto plan = plan_of(in);
        for (std::size_t c = 0; c < in.categories.size(); ++c) {
            const auto& got = plan.categories[c];
            RC_ASSERT(*std::ranges::min_element(got.baseline) >= 0);
            RC_ASSERT(sum(got.baseline, 0, in.days) == got.daily_part);
            if (in.categories[c].joined == 0) RC_ASSERT(got.daily_part == in.categories[c].budget);
            RC_ASSERT(sum(got.baseline, 0, in.categories[c].joined) == 0);
        }
    }));
}

TEST_CASE("P2: past spending, plan, unpaid bills and what is held equal the budget and what is uncovered") {
    CHECK(holds("P2", [] {
        const auto in = *any_month();
        const auto plan = plan_of(in);
        for (std::size_t c = 0; c < in.categories.size(); ++c) {
            const auto& got = plan.categories[c];
            const auto planned = sum(got.plan, in.today, in.days);
            const auto& category = in.categories[c];
            const auto spent = sum(category.actual, 0, in.today);
            RC_ASSERT(spent + got.elsewhere + planned + sum(got.due, 0, in.days) + got.held ==
                      got.budget + got.uncovered);
            RC_ASSERT(got.uncovered == 0 || planned == 0);
            RC_ASSERT(got.uncovered >= 0);
            RC_ASSERT(*std::ranges::min_element(got.plan) >= 0);
            RC_ASSERT(sum(got.plan, 0, in.today) == 0);
            RC_ASSERT(got.held >= 0 || in.categories[c].rule.kind == policy_kind::static_);
            RC_ASSERT(got.swept >= 0 && got.swept <= std::max<amount>(0, got.held));
        }
        RC_ASSERT(plan.check.holds());
    }));
}

TEST_CASE("P3: cover conserves the budgets, spares protected categories and keeps each donor's cap") {
    CHECK(holds("P3", [] {
        const auto in = *any_month();
        const auto plan = plan_of(in);
        auto alone = in;
        alone.covering = false;
        const auto before = plan_of(alone);
        RC_ASSERT(before.moves.empty());
        amount moved = 0, covered = 0, given = 0, from_pool = 0;
        for (const auto& move : plan.moves) {
            RC_ASSERT(move.value > 0);
            RC_ASSERT(move.from != move.to);
            moved += move.value;
            if (move.from == from_unallocated) from_pool += move.value;
        }
        for (std::size_t c = 0; c < in.categories.size(); ++c) {
            const auto& got = plan.categories[c];
            const auto& was = before.categories[c];
            covered += got.covered;
            given += got.given;
            RC_ASSERT(got.budget - was.budget == got.covered - got.given);
            RC_ASSERT(got.given == 0 || in.categories[c].cls != category_class::protected_);
            const auto free = was.budget - was.spent_before - was.elsewhere - was.unpaid - was.swept;
            RC_ASSERT(got.given <= std::max<amount>(0, free));
            // One needy category takes at most the cap of what a donor has.
            for (const auto& move : plan.moves) {
                if (move.from == static_cast<int>(c)) RC_ASSERT(move.value <= free * in.cap_bp / 10000);
            }
            RC_ASSERT(got.covered == was.uncovered - got.uncovered);
        }
        RC_ASSERT(covered == moved && given + from_pool == moved);
        RC_ASSERT(from_pool <= std::max<amount>(0, plan.unallocated));
    }));
}

TEST_CASE("P4: an expense added and deleted again restores every figure to the unit") {
    CHECK(holds("P4 delete", [] {
        auto in = *any_month();
        const auto before = plan_of(in);
        const auto mornings = *compute_mornings(in);
        auto& category = in.categories[*rc::gen::inRange<std::size_t>(0, in.categories.size())];
        auto& day = category.actual[*rc::gen::inRange(0, in.days)];
        const auto value = *rc::gen::inRange<amount>(-100000, 1000000);
        day += value;
        month_plan reused = before;
        RC_ASSERT(compute_month(in, reused) == fault::none);
        day -= value;
        RC_ASSERT(compute_month(in, reused) == fault::none);
        RC_ASSERT(reused == before);
        RC_ASSERT(compute_mornings(in)->budget == mornings.budget);
    }));
}

TEST_CASE("P5: the terms of an explanation sum to the number, for every day, policy, bill and cover") {
    CHECK(holds("P5", [] {
        const auto in = *any_month();
        const auto plan = plan_of(in);
        const auto mornings = *compute_mornings(in);
        const auto c = *rc::gen::inRange<std::size_t>(0, in.categories.size());
        const auto& category = in.categories[c];
        for (int day = 0; day < in.days; ++day) {
            const auto got = explain_day(in, c, day);
            RC_ASSERT(static_cast<bool>(got));
            RC_ASSERT(got->budget == (day < in.today ? mornings.budget[c][day] : plan.categories[c].day_budget(day)));
            amount terms = 0;
            for (const auto& term : got->terms) {
                terms += term.value;
                const auto shares = static_cast<amount>(got->terms.size());
                if (term.kind == term_kind::rounding) RC_ASSERT(std::abs(term.value) <= shares + in.today + 2);
                // Under even without pins nothing is left to a policy.
                const bool linear = category.rule.kind == policy_kind::even && category.pinned.empty();
                const bool told = std::min(day, in.today) >= category.joined;
                RC_ASSERT(term.kind != term_kind::policy || !linear || !told);
            }
            RC_ASSERT(terms == got->budget);
            RC_ASSERT(got->terms.front().kind == term_kind::baseline);
        }
    }));
}

TEST_CASE("P6: closing a period conserves: what was left is carried or released, within the cap") {
    CHECK(holds("P6", [] {
        auto in = *any_month();
        in.today = in.days;
        const auto plan = plan_of(in);
        for (std::size_t c = 0; c < in.categories.size(); ++c) {
            const auto& got = plan.categories[c];
            const rollover rule{*rc::gen::element(rollover_kind::none, rollover_kind::surplus, rollover_kind::deficit,
                                                  rollover_kind::both),
                                *rc::gen::element<std::optional<amount>>(std::nullopt, 0, 1000)};
            const auto closed = close_category(rule, got.left_to_close());
            const auto actual = sum(in.categories[c].actual, 0, in.days);
            const auto whole = got.daily_part + got.bills + got.carry_in + got.covered - got.given;
            RC_ASSERT(whole - actual - got.elsewhere - got.unpaid - got.swept == closed.carry_out + closed.released);
            if (rule.kind == rollover_kind::none) RC_ASSERT(closed.carry_out == 0);
            if (rule.kind == rollover_kind::surplus) RC_ASSERT(closed.carry_out >= 0);
            if (rule.kind == rollover_kind::deficit) RC_ASSERT(closed.carry_out <= 0);
            if (rule.cap) RC_ASSERT(std::abs(closed.carry_out) <= *rule.cap);
            if (rule.kind == rollover_kind::both && !rule.cap) RC_ASSERT(closed.released == 0);
        }
    }));
}

TEST_CASE("policy save: sweeps are what it held, never negative, and equal day by day whatever today is") {
    CHECK(holds("sweeps", [] {
        auto in = *any_month();
        for (auto& category : in.categories) category.rule = {policy_kind::save};
        const auto plan = plan_of(in);
        for (std::size_t c = 0; c < in.categories.size(); ++c) {
            const auto now = daily_sweeps(in.categories[c], in.days, in.today);
            const auto later = daily_sweeps(in.categories[c], in.days, in.days);
            RC_ASSERT(*std::ranges::min_element(now) >= 0);
            RC_ASSERT(sum(now, 0, in.days) == plan.categories[c].swept);
            for (int d = 0; d < in.days; ++d) RC_ASSERT(now[d] == (d < in.today ? later[d] : 0));
        }
    }));
}

TEST_CASE("the effect of a spend is what really happens when it is logged") {
    CHECK(holds("what if", [] {
        auto in = *any_month();
        RC_PRE(in.today < in.days);
        const auto c = *rc::gen::inRange<std::size_t>(0, in.categories.size());
        const auto value = *rc::gen::inRange<amount>(-1000, 100000);
        const auto told = what_if_spent(in, c, value);
        RC_ASSERT(static_cast<bool>(told));
        RC_ASSERT(told->after.today.budget == told->before.today.budget);
        RC_ASSERT(told->after.today.left == told->before.today.left - value);
        in.categories[c].actual[in.today] += value;
        ++in.today;
        const auto next = plan_of(in);
        RC_ASSERT(told->moves == next.moves);
        RC_ASSERT(told->after.month_left == next.categories[c].remaining);
        RC_ASSERT(told->after.tomorrow.has_value() == (in.today < in.days));
        if (in.today < in.days) RC_ASSERT(*told->after.tomorrow == next.categories[c].day_budget(in.today));
    }));
}
