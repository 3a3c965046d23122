// The worked example of April 2026 to the cent, and the edges a month can have.
#include "finance/domain/allocate.hpp"
#include "finance/domain/explain.hpp"
#include "finance/domain/verdict.hpp"
#include "unit/finance/domain/domain_support.hpp"

using namespace mita::finance;
using mita::finance::testing::sum;

namespace {

period this_april() { return period_of(*parse_month("2026-04")); }

period_budget open_april() {
    pool_input money_in;
    money_in.incomes = {300000};
    money_in.obligations = {120000, 15000, 3001, 10000};
    money_in.goals = {{240000, 0, 9}};
    money_in.buffer = 5000;
    std::vector<category_request> categories;
    for (const auto& [id, weight] :
         {std::pair{"groceries", 45}, {"transport", 15}, {"dining_out", 25}, {"entertainment", 15}}) {
        categories.push_back({.id = id, .cls = find_default_category(id)->cls, .budget = {}, .weight = weight});
    }
    auto opened = open_period(this_april(), 0, money_in, std::move(categories));
    REQUIRE(opened);
    return *opened;
}

// Groceries alone on the morning of day `number` (1-based) with the example's spending.
month_input groceries(int number, policy rule = {}) {
    auto in = month_from(open_april(), number - 1);
    in.categories.resize(1);
    in.categories[0].rule = rule;
    in.categories[0].actual[0] = 6000;
    in.categories[0].actual[2] = 2230;
    return in;
}

std::vector<amount> next_days(const month_input& in, int count) {
    const auto plan = compute_month(in);
    REQUIRE(plan);
    const auto& days = plan->categories[0].plan;
    return {days.begin() + in.today, days.begin() + in.today + count};
}

std::vector<amount> values(const explanation& why) {
    std::vector<amount> out;
    for (const auto& term : why.terms) out.push_back(term.value);
    return out;
}

month_input one_category(amount budget, int days, int today) {
    month_input in;
    in.days = days;
    in.today = today;
    in.categories.resize(1);
    in.categories[0].budget = budget;
    return in;
}

}  // namespace

TEST_CASE("April 2026: the pool is 1203.32 and its budgets 541.49, 180.50, 300.83, 180.50") {
    const auto opened = open_april();
    CHECK(opened.pool.goals == std::vector<amount>{26667});
    CHECK(opened.pool.pool == 120332);
    CHECK(opened.unallocated == 0);
    CHECK_FALSE(opened.problem);
    std::vector<amount> parts;
    for (const auto& category : opened.categories) parts.push_back(category.daily_part);
    CHECK(parts == std::vector<amount>{54149, 18050, 30083, 18050});
}

TEST_CASE("April 2026: the goal's nine months are 266.67 six times and 266.66 three times") {
    std::vector<amount> months(9);
    allocate(240000, std::vector<amount>(9, 1), months);
    CHECK(months == std::vector<amount>{26667, 26667, 26667, 26667, 26667, 26667, 26666, 26666, 26666});
}

TEST_CASE("April 2026: groceries start at 18.04, then 18.05 on 29 days") {
    const auto plan = compute_month(month_from(open_april(), 0));
    REQUIRE(plan);
    const auto& baseline = plan->categories[0].baseline;
    CHECK(baseline[0] == 1804);
    for (int d = 1; d < 30; ++d) CHECK(baseline[d] == 1805);
    CHECK(sum(baseline, 0, 31) == 54149);
}

TEST_CASE("April 2026: 60.00 on day 1 makes 16.60 of day 2, explained, and deleting it restores all days") {
    auto in = month_from(open_april(), 1);
    const auto untouched = compute_month(in);
    in.categories[0].actual[0] = 6000;
    const auto why = explain_day(in, 0, 1);
    REQUIRE(why);
    CHECK(why->budget == 1660);
    CHECK(why->terms ==
          std::vector<explain_term>{{term_kind::baseline, 1805}, {term_kind::day, -144, 0}, {term_kind::rounding, -1}});
    in.categories[0].actual[0] = 0;
    CHECK(*compute_month(in) == *untouched);
}

TEST_CASE("April 2026: each morning of the worked table comes out, with its explanation") {
    struct row {
        int day;
        amount spent, today, tomorrow, last;
        std::vector<amount> carry, terms;
    };
    const std::vector<row> table{
        {2, 6000, 1660, 1660, 1661, {0, 0, 1219}, {1805, -144, -1}},
        {3, 6000, 1719, 1720, 1720, {0, 1219, 1805}, {1805, -149, 64, -1}},
        {4, 8230, 1700, 1701, 1701, {0, 794, 1805}, {1805, -155, 66, -15, -1}},
        {5, 8230, 1766, 1766, 1767, {794, 1805, 1805}, {1805, -161, 69, -16, 69}},
        {6, 8230, 1836, 1837, 1837, {2599, 1805, 1805}, {1805, -167, 72, -17, 72, 72, -1}},
    };
    for (const auto& row : table) {
        INFO("morning of day " << row.day);
        const auto in = groceries(row.day);
        const auto plan = *compute_month(in);
        const auto& got = plan.categories[0];
        CHECK(got.spent_before == row.spent);
        CHECK(got.plan[in.today] == row.today);
        CHECK(got.plan[in.today + 1] == row.tomorrow);
        CHECK(got.plan[29] == row.last);
        CHECK(got.spent_before + sum(got.plan, 0, 30) == 54149);
        CHECK(next_days(groceries(row.day, {policy_kind::carry}), 3) == row.carry);
        CHECK(values(*explain_day(in, 0, in.today)) == row.terms);
    }
}

TEST_CASE("April 2026: weekends weighing 3 against 2 get 23.89 and 15.92 or 15.93") {
    auto opened = open_april();
    opened.categories[0].weights = {.kind = weight_kind::weekday, .weekday = {2, 2, 2, 2, 2, 3, 3}};
    const auto plan = *compute_month(month_from(opened, 0));
    const auto& days = plan.categories[0].baseline;
    CHECK(std::vector<amount>(days.begin(), days.begin() + 7) ==
          std::vector<amount>{1592, 1593, 1592, 2389, 2389, 1593, 1592});
    CHECK(sum(days, 0, 31) == 54149);
}

TEST_CASE("cover: groceries at −25.00 take 6.00 from fun, 15.00 from dining, 4.00 from transport, nothing from rent") {
    month_input in;
    in.days = 30;
    in.today = 1;
    const std::vector<std::pair<category_class, amount>> free{{category_class::essential, -2500},
                                                              {category_class::discretionary, 1200},
                                                              {category_class::discretionary, 3000},
                                                              {category_class::essential, 1000},
                                                              {category_class::protected_, 90000}};
    for (const auto& [cls, left] : free) {
        category_input category;
        category.cls = cls;
        category.budget = 100000;
        category.actual[0] = 100000 - left;
        in.categories.push_back(category);
    }
    const auto plan = *compute_month(in);
    CHECK(plan.moves == std::vector<cover_move>{{1, 0, 600}, {2, 0, 1500}, {3, 0, 400}});
    CHECK(plan.categories[0].uncovered == 0);
    CHECK(plan.categories[4].given == 0);
    in.unallocated = 2000;
    CHECK(compute_month(in)->moves == std::vector<cover_move>{{from_unallocated, 0, 2000}, {1, 0, 143}, {2, 0, 357}});
    in.covering = false;
    CHECK(compute_month(in)->moves.empty());
    CHECK(compute_month(in)->categories[0].uncovered == 2500);
}

TEST_CASE("edge: on the last day all that is left stands today, after it the rest is held") {
    auto in = one_category(54149, 30, 29);
    in.categories[0].actual[3] = 20000;
    CHECK(compute_month(in)->categories[0].plan[29] == 34149);
    in.today = 30;
    const auto closed = compute_month(in)->categories[0];
    CHECK(sum(closed.plan, 0, 31) == 0);
    CHECK(closed.held == 34149);
}

TEST_CASE("edge: one cent over 31 days falls on the last, nothing at all plans nothing") {
    const auto cent = compute_month(one_category(1, 31, 0))->categories[0];
    CHECK(sum(cent.plan, 0, 30) == 0);
    CHECK(cent.plan[30] == 1);
    CHECK(sum(compute_month(one_category(0, 31, 0))->categories[0].plan, 0, 31) == 0);
}

TEST_CASE("edge: a refund above what was spent raises what is left over the budget") {
    auto in = one_category(3000, 30, 1);
    in.categories[0].actual[0] = -580;
    const auto got = compute_month(in)->categories[0];
    CHECK(got.remaining == 3580);
    CHECK(sum(got.plan, 0, 31) == 3580);
}

TEST_CASE("edge: weights that are zero from today on fall back to uniform") {
    auto in = one_category(3000, 30, 10);
    for (int d = 0; d < 10; ++d) in.categories[0].weights[d] = 1;
    const auto got = compute_month(in)->categories[0];
    CHECK(got.baseline[9] == 300);
    CHECK(got.plan[10] == 150);
    CHECK(sum(got.plan, 0, 31) == 3000);
}

TEST_CASE("pinned days get their amount before the others share, and share themselves when there is too little") {
    auto in = one_category(3000, 30, 0);
    in.categories[0].pinned = {{4, 1000}, {29, 550}};
    auto got = compute_month(in)->categories[0];
    CHECK(got.baseline[4] == 1000);
    CHECK(got.baseline[29] == 550);
    CHECK(sum(got.baseline, 0, 31) == 3000);
    in.today = 2;
    in.categories[0].actual[0] = 2225;
    got = compute_month(in)->categories[0];
    CHECK(got.plan[4] == 500);
    CHECK(got.plan[29] == 275);
    CHECK(sum(got.plan, 0, 31) == 775);
    in.categories[0].pinned = {{4, 4000}};
    CHECK(compute_month(in)->categories[0].baseline[4] == 3000);
}

TEST_CASE("bills come first: unpaid ones stand, an overdue one is due today, a paid one is settled") {
    auto in = one_category(0, 30, 3);
    in.categories[0].cls = category_class::protected_;
    in.categories[0].bills = {{0, 120000}, {9, 3000}};
    auto got = compute_month(in)->categories[0];
    CHECK(got.day_budget(3) == 120000);
    CHECK(got.day_budget(9) == 3000);
    CHECK(got.budget == 123000);
    in.categories[0].bills[0].payments = {{1, 119000}};
    in.categories[0].bills[0].settled_on = 1;
    in.categories[0].actual[1] = 119000;
    got = compute_month(in)->categories[0];
    CHECK(got.day_budget(3) == 0);
    CHECK(got.held == 1000);
    CHECK(compute_month(in)->check.holds());
}

TEST_CASE("policy save: a thrifty day's rest leaves for the goal, the days after keep their plan") {
    auto in = one_category(3000, 30, 2);
    in.categories[0].rule = {policy_kind::save};
    in.categories[0].actual[0] = 40;
    in.categories[0].actual[1] = 100;
    const auto got = compute_month(in)->categories[0];
    CHECK(daily_sweeps(in.categories[0], 30, 2)[0] == 60);
    CHECK(got.swept == 60);
    CHECK(got.held == 60);
    CHECK(got.plan[2] == 100);
    in.today = 30;
    CHECK(compute_month(in)->categories[0].left_to_close() == 0);
}

TEST_CASE("policy save: money of a bill still open at the month's end is not swept") {
    auto in = one_category(3000, 30, 30);
    in.categories[0].rule = {policy_kind::save};
    in.categories[0].bills = {{20, 5000}};
    for (int d = 0; d < 30; ++d) in.categories[0].actual[d] = 100;
    const auto got = compute_month(in)->categories[0];
    CHECK(got.swept == 0);
    CHECK(got.unpaid == 5000);
    CHECK(got.left_to_close() == 0);  // the month that owes it keeps it
}

TEST_CASE("joining on day 15: the days before have nothing, the rest keep the whole month's baseline") {
    auto in = one_category(54149, 30, 14);
    in.categories[0].joined = 14;
    const auto got = compute_month(in)->categories[0];
    CHECK(sum(got.baseline, 0, 14) == 0);
    CHECK(got.baseline[14] == 1805);
    CHECK(got.daily_part == 28880);
    CHECK(got.budget == 28880);
    CHECK(compute_mornings(in)->budget[0][3] == 0);
    CHECK(compute_mornings(in)->budget[0][14] == 1805);
}

TEST_CASE("the largest amounts are exact, and beyond them is an overflow, never a wrap") {
    auto in = one_category(max_amount, 31, 5);
    in.categories[0].actual[0] = 12345;
    const auto got = compute_month(in);
    REQUIRE(got);
    CHECK(sum(got->categories[0].plan, 0, 31) == max_amount - 12345);
    in.categories[0].carry_in = 1;
    in.categories[0].actual[0] = 0;
    CHECK(compute_month(in).error() == fault::amount_overflow);
    in.categories[0].carry_in = 0;
    for (int d = 0; d < 5; ++d) in.categories[0].actual[d] = max_amount;
    CHECK(compute_month(in).error() == fault::amount_overflow);
    auto two = one_category(max_amount, 31, 0);
    two.categories.push_back(two.categories[0]);
    CHECK(compute_month(two).error() == fault::amount_overflow);
}

TEST_CASE("inputs outside their contract are refused") {
    const auto refused = [](auto change) {
        auto in = one_category(100, 30, 3);
        change(in);
        return compute_month(in).error() == fault::bad_input;
    };
    CHECK(refused([](auto& in) { in.days = max_days + 1; }));
    CHECK(refused([](auto& in) { in.today = 31; }));
    CHECK(refused([](auto& in) { in.today = -1; }));
    CHECK(refused([](auto& in) { in.cap_bp = 10001; }));
    CHECK(refused([](auto& in) { in.categories[0].budget = -1; }));
    CHECK(refused([](auto& in) { in.categories[0].weights[2] = -1; }));
    CHECK(refused([](auto& in) { in.categories[0].weights[2] = max_weight + 1; }));
    CHECK(refused([](auto& in) { in.categories[0].rule = {policy_kind::window, 0}; }));
    CHECK(refused([](auto& in) { in.categories[0].bills = {{30, 5}}; }));
    CHECK(refused([](auto& in) { in.categories[0].pinned = {{-1, 5}}; }));
    CHECK(refused([](auto& in) { in.categories.resize(513); }));
}

TEST_CASE("an income too late breaks the buffer first, then goals from the last, then obligations") {
    pool_input in;
    in.incomes = {100};
    in.obligations = {60, 30};
    in.goals = {{20, 0, 1}, {15, 0, 1}};
    in.buffer = 5;
    auto got = *compute_pool(in);
    CHECK(got.pool == -30);
    REQUIRE(got.problem);
    CHECK(got.problem->shortfall == 30);
    REQUIRE(got.problem->broken.size() == 3);
    CHECK(got.problem->broken[0].kind == reserve_kind::buffer);
    CHECK(got.problem->broken[0].missing == 5);
    CHECK(got.problem->broken[1].index == 1);
    CHECK(got.problem->broken[1].missing == 15);
    CHECK(got.problem->broken[2].index == 0);
    CHECK(got.problem->broken[2].missing == 10);
    in.incomes = {50};
    got = *compute_pool(in);
    CHECK(got.problem->broken.back().kind == reserve_kind::obligations);
    CHECK(got.problem->broken.back().missing == 40);
    in.incomes = {max_amount, 1};
    CHECK(compute_pool(in).error() == fault::amount_overflow);
}

TEST_CASE("opening: fixed budgets stand, weights share the rest, without weights it stays unallocated") {
    pool_input in;
    in.incomes = {1000};
    std::vector<category_request> ask(3);
    ask[0].budget = 300;
    ask[1].weight = 2;
    ask[2].weight = 1;
    auto opened = *open_period(this_april(), 0, in, ask);
    CHECK(opened.categories[0].daily_part == 300);
    CHECK(opened.categories[1].daily_part == 467);
    CHECK(opened.categories[2].daily_part == 233);
    CHECK(opened.unallocated == 0);
    ask[1].weight = ask[2].weight = 0;
    CHECK(open_period(this_april(), 0, in, ask)->unallocated == 700);
    ask[0].budget = 1200;
    opened = *open_period(this_april(), 0, in, ask);
    CHECK(opened.unallocated == -200);
    REQUIRE(opened.problem);
    CHECK(opened.problem->broken[0].kind == reserve_kind::budgets);
    CHECK(opened.problem->shortfall == 200);
}

TEST_CASE("verdicts turn at 80 and 100 percent, affordability at 70, 85 and 100") {
    CHECK(judge(0, 0) == verdict::none);
    CHECK(judge(1000, 0) == verdict::ok);
    CHECK(judge(1000, 800) == verdict::ok);
    CHECK(judge(1000, 801) == verdict::watch);
    CHECK(judge(1000, 1000) == verdict::watch);
    CHECK(judge(1000, 1001) == verdict::over);
    CHECK(judge(0, 1) == verdict::over);
    CHECK(judge(0, -1) == verdict::ok);
    CHECK(judge(max_amount, max_amount) == verdict::watch);
    CHECK(judge_affordability(1000, 699) == affordability::safe);
    CHECK(judge_affordability(1000, 700) == affordability::caution);
    CHECK(judge_affordability(1000, 849) == affordability::caution);
    CHECK(judge_affordability(1000, 850) == affordability::tight);
    CHECK(judge_affordability(1000, 1000) == affordability::tight);
    CHECK(judge_affordability(1000, 1001) == affordability::over);
    CHECK(judge_affordability(0, 1) == affordability::over);
    CHECK(judge_affordability(0, 0) == affordability::safe);
    CHECK(share_bp(3, 1) == 3334);
    CHECK_FALSE(share_bp(0, 1));
}
