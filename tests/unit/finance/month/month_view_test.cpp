#include "unit/finance/planning_support.hpp"

#include "finance/domain/verdict.hpp"
#include "finance/month/day_json.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/today_json.hpp"

#include <rapidcheck.h>
#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

using namespace planning_support;

namespace {

const category_view& category(const month_view& v, std::string_view id) {
    const auto at = v.find(id);
    REQUIRE(at);
    return v.categories[*at];
}

amount budget_on(const month_view& v, std::string_view id, std::string_view date) {
    return category(v, id).budget[static_cast<std::size_t>(v.over.offset(day(date)))];
}

}  // namespace

TEST_CASE("the worked example: pool 1203.32 and the four budgets to the cent") {
    const auto f = joined(april(), "2026-04-01", "2026-04");
    const auto v = view_month(f, month("2026-04"), day("2026-04-01"));
    CHECK(v.status() == "ok");
    CHECK(v.budget->budget.pool.pool == 120332);
    CHECK(v.budget->goals.front().reserved == 26667);
    CHECK(category(v, "groceries").plan.daily_part == 54149);
    CHECK(category(v, "transport").plan.daily_part == 18050);
    CHECK(category(v, "dining_out").plan.daily_part == 30083);
    CHECK(category(v, "entertainment").plan.daily_part == 18050);
    CHECK(category(v, "groceries").baseline[0] == 1804);
    for (std::size_t d = 1; d < 30; ++d) CHECK(category(v, "groceries").baseline[d] == 1805);
    CHECK(v.plan.check.holds());
    CHECK(v.bills.size() == 4);
    CHECK(v.bills.front().status == bill_status::due);
}

TEST_CASE(
    "60.00 spent on day 1: the morning of day 2 says 16.60 = 18.05 - 1.44 - 0.01, and deleting it brings every day "
    "back") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    const auto clean = view_month(f, month("2026-04"), day("2026-04-02"));
    spend(f, "2026-04-01", "groceries", 6000);
    const auto v = view_month(f, month("2026-04"), day("2026-04-02"));
    CHECK(budget_on(v, "groceries", "2026-04-02") == 1660);
    CHECK(budget_on(v, "groceries", "2026-04-01") == 1804);
    const auto why = explain_in(f, v, "groceries", 1);
    REQUIRE(why.terms.size() == 3);
    CHECK(why.terms[0].value == 1805);
    CHECK(why.terms[1].value == -144);
    CHECK(why.terms[2].value == -1);
    f.actuals.clear();
    f.payments.clear();
    const auto back = view_month(f, month("2026-04"), day("2026-04-02"));
    CHECK(back.plan == clean.plan);
    for (std::size_t c = 0; c < clean.categories.size(); ++c)
        CHECK(back.categories[c].budget == clean.categories[c].budget);
}

TEST_CASE("a transaction that fits pays its bill, and the bill's category stands at zero afterwards") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    spend(f, "2026-04-02", "housing", 121000);
    const auto v = view_month(f, month("2026-04"), day("2026-04-03"));
    CHECK(v.bills.front().status == bill_status::paid);
    CHECK(v.bills.front().paid_on == day("2026-04-02"));
    CHECK(category(v, "housing").plan.unpaid == 0);
    CHECK(v.plan.check.holds());
}

TEST_CASE("an unpaid bill is overdue after its day and stands today") {
    const auto f = joined(april(), "2026-04-01", "2026-04");
    const auto v = view_month(f, month("2026-04"), day("2026-04-03"));
    CHECK(v.bills.front().status == bill_status::overdue);
    CHECK(budget_on(v, "housing", "2026-04-03") == 120000);
}

TEST_CASE("in the month of joining the days before have no budget, and bills before joining count as paid outside") {
    const auto f = joined(april(), "2026-04-11", "2026-04");
    const auto v = view_month(f, month("2026-04"), day("2026-04-11"));
    for (int d = 0; d < 10; ++d) CHECK(v.budget_of(d) == 0);
    CHECK(category(v, "groceries").plan.daily_part == 1805 * 20);
    CHECK(category(v, "housing").plan.budget == 0);
    CHECK(v.bills.front().status == bill_status::paid);
    CHECK(v.bills.back().status == bill_status::upcoming);
    CHECK(v.plan.check.holds());
}

TEST_CASE("what was spent and paid before joining shows on its days and counts nowhere else") {
    auto f = joined(april(), "2026-04-11", "2026-04");
    const auto clean = view_month(f, month("2026-04"), day("2026-04-11"));
    spend(f, "2026-04-01", "housing", 120000);
    spend(f, "2026-04-10", "groceries", 7000);
    spend(f, "2026-04-10", "debt", 10000);
    const auto v = view_month(f, month("2026-04"), day("2026-04-11"));
    CHECK(category(v, "housing").plan.budget == 0);
    CHECK(v.plan.check == clean.plan.check);
    CHECK(v.plan.moves.empty());
    for (int d = 0; d < 30; ++d) CHECK(v.budget_of(d) == clean.budget_of(d));
    CHECK(v.spent_of(0) == 120000);
    CHECK(v.spent_of(9) == 17000);
    CHECK(v.bills.front().paid_on == day("2026-04-01"));
    CHECK(v.bills.back().status == bill_status::upcoming);
}

TEST_CASE("a bill due before joining and paid after it is money of the plan") {
    auto f = joined(april(), "2026-04-11", "2026-04");
    spend(f, "2026-04-12", "communication", 3001);
    const auto v = view_month(f, month("2026-04"), day("2026-04-13"));
    CHECK(category(v, "communication").plan.budget == 3001);
    CHECK(v.plan.check.uncovered == 0);
    CHECK(v.plan.moves.empty());
}

TEST_CASE("weights from history see the three months before, from joining or the first booking on, and nothing else") {
    auto a = april();
    a.categories[0].weights.kind = weight_kind::history;
    auto f = joined(a, "2026-03-02", "2026-04");  // a Monday
    const auto baseline = [&f] {
        return category(view_month(f, month("2026-04"), day("2026-04-01")), "groceries").baseline;
    };
    const auto uniform = baseline();
    CHECK(uniform[3] == uniform[4]);
    for (const auto* on : {"2026-03-07", "2026-03-14", "2026-03-21", "2026-03-28"}) spend(f, on, "groceries", 7000);
    const auto leaning = baseline();  // four Saturdays in thirty days: (4 * 7000 + 8000) / 12 against 8000 / 12
    CHECK(leaning[3] > 4 * leaning[4]);
    spend(f, "2026-04-01", "groceries", 9000);
    spend(f, "2025-12-31", "groceries", 9000);
    spend(f, "2026-03-03", "transport", 9000);
    CHECK(baseline() == leaning);
    spend(f, "2026-01-01", "transport", 1);  // then all weeks since count, most Saturdays without a purchase
    CHECK(baseline() == uniform);
}

TEST_CASE("a month before joining shows actuals with no plan, and check holds") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    spend(f, "2026-03-10", "groceries", 4200);
    const auto v = view_month(f, month("2026-03"), day("2026-04-03"));
    CHECK(v.status() == "no_plan");
    CHECK(v.spent_of(9) == 4200);
    CHECK(v.budget_of(9) == 0);
    CHECK(v.plan.check.holds());
    CHECK(judge(v.budget_of(9), v.spent_of(9)) == verdict::over);
}

TEST_CASE("spending in a category without a plan is covered by the others, donors first discretionary") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    spend(f, "2026-04-02", "clothing", 5000);
    const auto v = view_month(f, month("2026-04"), day("2026-04-03"));
    CHECK(category(v, "clothing").plan.covered == 5000);
    REQUIRE(v.plan.moves.size() >= 2);
    CHECK(v.plan.check.holds());
    auto off_from_the_start = std::make_shared<stored_period>(*f.periods.front());
    off_from_the_start->cover = false;
    f.periods.front() = off_from_the_start;
    const auto off = view_month(f, month("2026-04"), day("2026-04-03"));
    CHECK(off.plan.moves.empty());
    CHECK(category(off, "clothing").plan.uncovered == 5000);
}

TEST_CASE("a future month is a preview with the goal's next part, and stores nothing") {
    const auto f = joined(april(), "2026-04-01", "2026-04");
    const auto v = view_month(f, month("2026-11"), day("2026-04-03"));
    CHECK(v.preview);
    CHECK(v.today_index == 0);
    CHECK(v.budget->goals.front().saved == 26667 * 6 + 26666);
    CHECK(v.budget->goals.front().reserved == 26666);
    const auto december = view_month(f, month("2027-01"), day("2026-04-03"));
    CHECK(december.budget->goals.front().saved == 240000);
    CHECK(december.budget->goals.front().reserved == 0);
}

TEST_CASE(
    "a replanned month: days before keep baseline and budget of their revision, days from then on follow the new one") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    spend(f, "2026-04-01", "groceries", 6000);
    const auto before = view_month(f, month("2026-04"), day("2026-04-10"));
    auto more = april();
    more.categories[0].weight.reset();
    more.categories[0].budget = 80000;
    const auto& first = *f.periods.front();
    auto planned = plan_months(more, f.book, day("2026-04-01"), again(first), 1);
    REQUIRE(planned);
    planned->front().revision = 2;
    planned->front().from_day = day("2026-04-10");
    f.periods.push_back(std::make_shared<const stored_period>(planned->front()));
    expect(f);
    const auto v = view_month(f, month("2026-04"), day("2026-04-10"));
    for (std::size_t d = 0; d < 9; ++d) {
        CHECK(category(v, "groceries").budget[d] == category(before, "groceries").budget[d]);
        CHECK(category(v, "groceries").baseline[d] == category(before, "groceries").baseline[d]);
    }
    CHECK(category(v, "groceries").plan.daily_part == 80000);
    CHECK(budget_on(v, "groceries", "2026-04-10") > budget_on(before, "groceries", "2026-04-10"));
    CHECK(v.plan.check.holds());
    CHECK(explain_in(f, v, "groceries", 1).budget == 1660);
}

TEST_CASE("P6: what a closed month leaves is carried once, and a late entry into it corrects the carry") {
    auto a = april();
    a.categories[0].roll.kind = rollover_kind::both;
    auto f = joined(a, "2026-04-01", "2026-06");
    CHECK(f.periods[2]->chain_from == month("2026-04"));
    spend(f, "2026-04-20", "groceries", 50000);
    auto v = view_month(f, month("2026-05"), day("2026-05-02"));
    CHECK(category(v, "groceries").plan.carry_in == 4149);
    CHECK(v.plan.check.carry_in == 4149);
    CHECK(v.plan.check.holds());
    spend(f, "2026-04-30", "groceries", 3000);  // late: entered in May
    v = view_month(f, month("2026-05"), day("2026-05-02"));
    CHECK(category(v, "groceries").plan.carry_in == 1149);
    const auto june = view_month(f, month("2026-06"), day("2026-06-01"));
    CHECK(category(june, "groceries").plan.carry_in == category(v, "groceries").plan.daily_part + 1149);
    CHECK(view_month(f, month("2026-06"), day("2026-05-31")).plan.check.carry_in == 0);  // May is not closed
}

TEST_CASE("without roll-over nothing is carried and no chain is kept") {
    auto f = joined(april(), "2026-04-01", "2026-05");
    CHECK(f.periods[1]->chain_from == month("2026-05"));
    const auto v = view_month(f, month("2026-05"), day("2026-05-02"));
    CHECK(v.plan.check.carry_in == 0);
}

TEST_CASE("sums beyond 2^53 are refused, never wrapped") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    f.actuals.push_back({day("2026-04-01"), "groceries", max_amount});
    f.actuals.push_back({day("2026-04-02"), "groceries", max_amount});
    REQUIRE_THROWS_AS(view_month(f, month("2026-04"), day("2026-04-03")), api_error);
}

TEST_CASE("the calendar's JSON parses, and its categories and days add up to its check") {
    auto f = joined(april(), "2026-04-01", "2026-04");
    spend(f, "2026-04-01", "groceries", 6000);
    spend(f, "2026-04-02", "dining_out", 2500);
    const auto v = view_month(f, month("2026-04"), day("2026-04-03"));
    const auto doc = boost::json::parse(month_json(f, v));
    CHECK(doc.at("days").as_array().size() == 30);
    amount budget = 0, spent = 0, by_day = 0;
    for (const auto& c : doc.at("categories").as_array()) {
        budget += c.at("budget_money").at("amount").as_int64();
        spent += c.at("spent_money").at("amount").as_int64();
    }
    for (const auto& d : doc.at("days").as_array()) by_day += d.at("spent_money").at("amount").as_int64();
    CHECK(budget == doc.at("check").at("budget").as_int64());
    CHECK(spent == 8500);
    CHECK(by_day == 8500);
    CHECK(doc.at("check").at("spent").as_int64() == 8500);
    CHECK_NOTHROW(boost::json::parse(today_json(f, v, {v})));
    CHECK_NOTHROW(boost::json::parse(day_json(f, v, 0, std::nullopt)));
    CHECK_NOTHROW(boost::json::parse(explanation_json(v, "groceries", 1, explain_in(f, v, "groceries", 1))));
}

TEST_CASE("P4, P2: any order of the same spending gives the same view, and check holds on every day") {
    CHECK(rc::check([] {
        auto f = joined(april(), "2026-04-01", "2026-05");
        const std::vector<std::string> names{"groceries", "housing", "dining_out", "clothing", "communication"};
        const auto count = *rc::gen::inRange(0, 12);
        for (int i = 0; i < count; ++i) {
            const auto on = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 30)};
            const auto& name = names[*rc::gen::inRange<std::size_t>(0, names.size())];
            spend(f, format_day(on), name, *rc::gen::inRange(-2000, 130000));
        }
        const auto today = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 40)};
        const auto v = view_month(f, month("2026-04"), today);
        RC_ASSERT(v.plan.check.holds());
        auto g = f;
        std::reverse(g.actuals.begin(), g.actuals.end());
        std::reverse(g.payments.begin(), g.payments.end());
        const auto w = view_month(g, month("2026-04"), today);
        RC_ASSERT(v.plan == w.plan);
        for (std::size_t c = 0; c < v.categories.size(); ++c)
            for (std::size_t d = 0; d < 30; ++d) {
                RC_ASSERT(v.categories[c].budget[d] == w.categories[c].budget[d]);
                const auto why = explain_in(f, v, v.categories[c].id, static_cast<int>(d));  // P5
                amount sum = 0;
                for (const auto& t : why.terms) sum += t.value;
                RC_ASSERT(sum == v.categories[c].budget[d]);
            }
    }));
}
