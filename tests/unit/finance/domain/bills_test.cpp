// Which payment pays which bill, what a bill takes while it is paid late, ahead and in parts, and what incomes bring.
#include "finance/domain/entry_match.hpp"
#include "finance/domain/explain.hpp"
#include "unit/finance/domain/domain_support.hpp"

#include <algorithm>
#include <map>

using namespace mita::finance;
using namespace mita::finance::testing;

namespace {

using std::chrono::days;

civil_day parsed(std::string_view text) { return *parse_day(text); }

using pairs = std::map<std::string, std::string, std::less<>>;  // entry -> occurrence

pairs met(const std::vector<expected_entry>& expected, const std::vector<made_entry>& made) {
    pairs out;
    const auto found = match_entries(expected, made);
    for (std::size_t e = 0; e < made.size(); ++e)
        if (found.meets[e]) out.emplace(made[e].id, expected[*found.meets[e]].id);
    return out;
}

const expected_entry rent{"rent", 0, parsed("2026-04-01"), 120000};
const expected_entry rent_in_parts{"rent", 0, parsed("2026-04-01"), 120000, true};

bool pays(const made_entry& payment) {
    return match_entries(std::vector{rent}, std::vector{payment}).meets[0].has_value();
}

month_input one_bill(int today, bill item) {
    month_input in;
    in.days = 30;
    in.today = today;
    category_input category;
    category.cls = category_class::protected_;
    for (const auto& p : item.payments)
        if (p.on >= 0 && p.on < 30) category.actual[static_cast<std::size_t>(p.on)] += p.value;
    category.bills.push_back(std::move(item));
    in.categories.push_back(std::move(category));
    return in;
}

struct history {
    std::vector<std::string> names;
    std::vector<expected_entry> bills;
    std::vector<made_entry> payments;
};

// A year of dense bills and payments of nearly the same amount in two categories, one of them paid also in parts.
history any_history() {
    history out;
    const auto count = *rc::gen::inRange(20, 90);
    const auto paid = *rc::gen::inRange(10, 110);
    out.names.reserve(static_cast<std::size_t>(count + paid));
    const civil_day first = parsed("2026-01-01");
    for (int i = 0; i < count; ++i) {
        out.names.push_back("b" + std::to_string(i));
        const int category = *rc::gen::inRange(0, 2);
        out.bills.push_back({out.names.back(), category, first + days{*rc::gen::inRange(0, 365)},
                             *rc::gen::element<amount>(1000, 1000, 1050, 1100, 3000), category == 1});
        out.bills.back().route = std::max(0, *rc::gen::inRange(-3, 3));
    }
    for (int i = 0; i < paid; ++i) {
        out.names.push_back("p" + std::to_string(i));
        made_entry p{out.names.back(), *rc::gen::inRange(0, 2), first + days{*rc::gen::inRange(-7, 372)},
                     *rc::gen::element<amount>(1000, 1000, 1020, 500, 500, 1500, -1000)};
        p.route = *rc::gen::inRange(0, 3);
        const int link = *rc::gen::inRange(0, 12);
        if (link == 0) p.link = entry_link::none;
        if (link == 1) {
            p.link = entry_link::linked;
            p.occurrence = out.bills[*rc::gen::inRange<std::size_t>(0, out.bills.size())].id;
        }
        out.payments.push_back(p);
    }
    return out;
}

template <class T>
void shuffle(std::vector<T>& list) {
    for (auto i = list.size(); i > 1; --i) std::swap(list[i - 1], list[*rc::gen::inRange<std::size_t>(0, i)]);
}

}  // namespace

TEST_CASE("bills: a payment fits within 20 percent and 7 days, in the bill's category, spending only") {
    CHECK(pays({"t", 0, parsed("2026-03-25"), 96000}));
    CHECK(pays({"t", 0, parsed("2026-04-08"), 144000}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-09"), 120000}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), 95999}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), 144001}));
    CHECK_FALSE(pays({"t", 1, parsed("2026-04-01"), 120000}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), -120000}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), 120000, entry_link::none}));
    CHECK(pays({"t", 3, parsed("2026-06-01"), 5, entry_link::linked, "rent"}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), -5, entry_link::linked, "rent"}));
    CHECK_FALSE(pays({"t", 0, parsed("2026-04-01"), 120000, entry_link::linked, "another"}));
}

TEST_CASE("bills: a planned transfer is met by itself only by one of its way, and by any that is linked to it") {
    auto planned = rent;
    planned.route = 2;
    const auto meets = [&planned](made_entry e, int route) {
        e.route = route;
        return match_entries(std::vector{planned}, std::vector{e}).meets[0].has_value();
    };
    const made_entry fits{"t", 0, parsed("2026-04-01"), 120000};
    CHECK(meets(fits, 2));
    CHECK_FALSE(meets(fits, 1));
    CHECK_FALSE(meets(fits, 0));
    CHECK(meets({"t", 0, parsed("2026-04-01"), 120000, entry_link::linked, "rent"}, 0));
    auto leg = fits;
    leg.route = 1;
    CHECK(pays(leg));  // a bill asks for none
}

TEST_CASE("bills: the nearest amount pays, then the nearest day, and a link before all") {
    const std::vector bills{rent};
    CHECK(met(bills, {{"a", 0, parsed("2026-04-01"), 110000}, {"b", 0, parsed("2026-04-06"), 120000}}) ==
          pairs{{"b", "rent"}});
    CHECK(met(bills, {{"a", 0, parsed("2026-04-03"), 120000}, {"b", 0, parsed("2026-03-31"), 120000}}) ==
          pairs{{"b", "rent"}});
    CHECK(met(bills, {{"a", 0, parsed("2026-04-01"), 120000},
                      {"b", 0, parsed("2026-05-20"), 119000, entry_link::linked, "rent"}}) == pairs{{"b", "rent"}});
}

TEST_CASE("bills: a link of a cent is a part, it settles nothing") {
    const std::vector<made_entry> cent{{"a", 0, parsed("2026-04-01"), 1, entry_link::linked, "rent"}};
    const auto found = match_entries(std::vector{rent}, cent);
    CHECK(found.meets[0] == 0);
    CHECK_FALSE(found.settled_on[0]);
}

TEST_CASE("bills: parts sum and settle the bill on the day they reach it; without leave for parts they pay nothing") {
    const std::vector<made_entry> halves{{"a", 0, parsed("2026-04-03"), 60000}, {"b", 0, parsed("2026-04-05"), 60000}};
    const auto found = match_entries(std::vector{rent_in_parts}, halves);
    CHECK(found.meets == std::vector<std::optional<std::size_t>>{0, 0});
    CHECK(found.settled_on[0] == parsed("2026-04-05"));
    CHECK(met({rent}, halves).empty());
    CHECK_FALSE(match_entries(std::vector{rent_in_parts}, std::vector{halves[0]}).settled_on[0]);
    const std::vector<made_entry> sofa{{"a", 0, parsed("2026-04-03"), 144001}};
    CHECK(met({rent_in_parts}, sofa).empty());
}

TEST_CASE("bills: parts go to the unpaid ones in order of their dates, over a month's edge too") {
    const std::vector<expected_entry> bills{{"x", 0, parsed("2026-04-28"), 20000, true},
                                            {"y", 0, parsed("2026-05-02"), 20000, true}};
    std::vector<made_entry> parts;
    for (const auto* on : {"2026-04-30", "2026-05-01", "2026-05-02", "2026-05-03"})
        parts.push_back({on, 0, parsed(on), 10000});
    CHECK(met(bills, parts) ==
          pairs{{"2026-04-30", "x"}, {"2026-05-01", "x"}, {"2026-05-02", "y"}, {"2026-05-03", "y"}});
}

TEST_CASE("P4: of two payments equally near in amount and day the values decide, not which was entered first") {
    const std::vector<expected_entry> bills{{"a", 0, parsed("2026-04-10"), 100}, {"b", 0, parsed("2026-04-10"), 119}};
    const auto paid = [&](std::string_view less, std::string_view more) {
        return match_entries(bills, std::vector<made_entry>{{less, 0, parsed("2026-04-10"), 95},
                                                            {more, 0, parsed("2026-04-10"), 105}})
            .meets;
    };
    CHECK(paid("1", "2") == paid("2", "1"));
}

TEST_CASE("P4: what pays what does not depend on the order of bills and payments, and one payment pays one bill") {
    CHECK(holds("P4 matching", [] {
        auto all = any_history();
        const auto before = met(all.bills, all.payments);
        shuffle(all.bills);
        shuffle(all.payments);
        RC_ASSERT(met(all.bills, all.payments) == before);
    }));
}

TEST_CASE("P4: every month's view agrees, each knowing only the months within reach of it") {
    CHECK(holds("P4 views", [] {
        const auto all = any_history();
        const auto whole = match_entries(all.bills, all.payments);
        const auto month = month_of(parsed("2026-01-01")) + std::chrono::months{*rc::gen::inRange(0, 12)};
        const auto from = period_of(month - std::chrono::months{reach_months}).start;
        const auto to = period_of(month + std::chrono::months{reach_months}).next;
        history near;
        for (const auto& b : all.bills)
            if (b.day >= from && b.day < to) near.bills.push_back(b);
        for (const auto& p : all.payments) {
            const bool linked = p.link == entry_link::linked;
            if (linked || (p.booked_on >= from - days{entry_days} && p.booked_on < to + days{entry_days}))
                near.payments.push_back(p);
        }
        const auto part = match_entries(near.bills, near.payments);
        const auto payers = [&](const history& of, const entry_matching& found) {
            pairs out;
            for (std::size_t e = 0; e < of.payments.size(); ++e) {
                if (!found.meets[e] || month_of(of.bills[*found.meets[e]].day) != month) continue;
                out.emplace(of.payments[e].id, of.bills[*found.meets[e]].id);
            }
            return out;
        };
        RC_ASSERT(payers(near, part) == payers(all, whole));
    }));
}

TEST_CASE("a bill paid in halves takes what is lacking until it is paid") {
    const auto budget_on = [](int today, bill item, int day) {
        return compute_month(one_bill(today, std::move(item)))->categories[0].day_budget(day);
    };
    const bill half{.day = 4, .value = 120000, .payments = {{2, 60000}}};
    CHECK(budget_on(2, half, 2) == 60000);
    CHECK(budget_on(3, half, 4) == 60000);
    CHECK(budget_on(9, half, 9) == 60000);
    const bill whole{.day = 4, .value = 120000, .settled_on = 6, .payments = {{2, 60000}, {6, 60000}}};
    CHECK(compute_month(one_bill(9, whole))->categories[0].unpaid == 0);
    CHECK(compute_month(one_bill(9, whole))->categories[0].held == 0);
}

TEST_CASE("a bill paid ahead, before its period, takes nothing more from it") {
    const auto got =
        compute_month(one_bill(0, {.day = 0, .value = 120000, .settled_on = -3, .payments = {{-3, 119000}}}));
    CHECK(got->categories[0].unpaid == 0);
    CHECK(got->categories[0].elsewhere == 119000);
    CHECK(got->categories[0].held == 1000);
    CHECK(got->categories[0].remaining == 1000);
    CHECK(got->check.holds());
}

TEST_CASE("a bill unpaid at the period's end is kept for, and paid from that when it is paid after it") {
    const auto open = compute_month(one_bill(30, {.day = 27, .value = 120000}))->categories[0];
    CHECK(open.unpaid == 120000);
    CHECK(open.left_to_close() == 0);
    const auto late =
        compute_month(one_bill(30, {.day = 27, .value = 120000, .settled_on = 30, .payments = {{30, 120000}}}));
    CHECK(late->categories[0].unpaid == 0);
    CHECK(late->categories[0].left_to_close() == 0);
}

TEST_CASE("a bill paid a day late leaves the morning of its day as it was") {
    const bill late{.day = 4, .value = 120000, .settled_on = 5, .payments = {{5, 120000}}};
    auto in = one_bill(9, late);
    const auto mornings = *compute_mornings(in);
    CHECK(mornings.budget[0][4] == 120000);
    CHECK(mornings.budget[0][5] == 120000);
    CHECK(mornings.budget[0][6] == 0);
    CHECK(explain_day(in, 0, 4)->budget == 120000);
    CHECK(explain_day(in, 0, 5)->budget == 120000);
}

TEST_CASE(
    "incomes: what is beyond counts at once, what is lacking when it is settled, one never logged stays expected") {
    const auto got = [](income item, int now) {
        return static_cast<amount>(brought(std::vector{std::move(item)}, {}, now));
    };
    const income salary{.day = 0, .value = 300000};
    auto less = salary;
    less.receipts = {{0, 250000}};
    less.settled_on = 0;
    CHECK(got(less, 0) == -50000);
    auto more = salary;
    more.receipts = {{2, 400000}};
    more.settled_on = 2;
    CHECK(got(more, 1) == 0);
    CHECK(got(more, 2) == 100000);
    auto part = salary;
    part.receipts = {{1, 100000}};
    CHECK(got(part, 7) == 0);
    CHECK(got(part, 8) == -200000);
    CHECK(got(salary, 90) == 0);
    const std::vector<paid_part> windfalls{{3, 5000}, {4, -70000}};
    CHECK(static_cast<amount>(brought({}, windfalls, 3)) == 5000);
    CHECK(static_cast<amount>(brought({}, windfalls, 4)) == -65000);
}

TEST_CASE("incomes: budgets do not move, unallocated does, and when it is negative it covers nothing") {
    month_input in;
    in.days = 30;
    in.today = 5;
    category_input groceries;
    groceries.budget = 30000;
    groceries.weights.fill(1);
    groceries.actual[0] = 40000;
    in.categories.push_back(groceries);
    in.unallocated = 2000;
    CHECK(compute_month(in)->categories[0].covered == 2000);
    in.incomes.push_back({.day = 0, .value = 300000, .settled_on = 0, .receipts = {{0, 250000}}});
    auto got = *compute_month(in);
    CHECK(got.unallocated == -48000);
    CHECK(got.categories[0].covered == 0);
    in.windfalls.push_back({5, 53000});
    got = *compute_month(in);
    CHECK(got.unallocated == 5000);
    CHECK(got.categories[0].covered == 5000);
    CHECK(compute_mornings(in)->budget[0][4] == 0);
}
