#include "unit/finance/planning_support.hpp"

#include "finance/month/facts_with_entry.hpp"
#include "finance/month/today_numbers.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace planning_support;

namespace {

account cash_account(amount opening, bool first = false) {
    account a;
    a.id = first ? uuid{} : new_uuid();
    a.first = first;
    a.currency = "EUR";
    a.opening = opening;
    return a;
}

// The worked example by the bank's word: what the account held before April.
month_facts with_cash(amount held, std::string_view last = "2026-04") {
    auto f = joined(april(), "2026-04-01", last);
    f.accounts = account_book({cash_account(held, true)});
    f.cash.add(day("2026-03-20"), held);
    return f;
}

today_numbers on(const month_facts& f, std::string_view date) {
    return numbers_of(f, view_month(f, day(date), day(date)));
}

transaction entry_of(const month_facts& f, std::string_view on, const std::string& category, amount value) {
    transaction t;
    t.id = new_uuid();
    t.account_id = f.accounts.first().id;
    t.booked_on = day(on);
    t.value = value;
    t.lines.push_back({category, value, {}});
    return t;
}

transaction any_spending(const month_facts& f) {
    static const std::vector<std::string> names{"groceries", "housing",  "dining_out", "communication",
                                                "utilities", "clothing", "salary"};
    const auto& category = names[*rc::gen::inRange<std::size_t>(0, names.size())];
    const auto value = *rc::gen::element<amount>(-120000, -60000, -15000, -3001, -700, -1, 250, 300000);
    const auto when = day("2026-03-25") + std::chrono::days{*rc::gen::inRange(0, 75)};
    return entry_of(f, format_day(when), category, category == "salary" ? std::abs(value) : value);
}

amount sum_of(const std::vector<explain_term>& terms) {
    amount sum = 0;
    for (const auto& t : terms) sum += t.value;
    return sum;
}

}  // namespace

TEST_CASE("P5: the breakdown sums to today's number and is what explain says of each category, added up by kind") {
    CHECK(rc::check([] {
        auto f = with_cash(*rc::gen::element<amount>(0, 1, 90000, 500000));
        const int count = *rc::gen::inRange(0, 12);
        for (int i = 0; i < count; ++i) {
            const auto t = any_spending(f);
            replace_entry(f, nullptr, &t);
        }
        const auto today = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 30)};
        const auto v = view_month(f, month("2026-04"), today);
        const auto n = numbers_of(f, v);
        RC_ASSERT(n.budget == v.budget_of(v.today_index));
        RC_ASSERT(sum_of(n.breakdown) == n.budget);
        std::map<term_kind, amount> sums;
        for (const auto& c : v.categories)
            for (const auto& t : explain_in(f, v, c.id, v.today_index).terms) sums[t.kind] += t.value;
        std::erase_if(sums, [](const auto& one) { return one.second == 0; });
        RC_ASSERT(sums.size() == n.breakdown.size());
        for (const auto& t : n.breakdown) RC_ASSERT(sums.at(t.kind) == t.value);
        if (!n.cash) return;
        RC_ASSERT(n.cash->free == n.cash->balance - n.cash->bills - n.cash->planned - n.cash->buffer);
        RC_ASSERT(n.safe_to_spend() == std::max<amount>(0, std::min(n.plan_free, n.cash->free)));
    }));
}

TEST_CASE("cash is what the accounts hold less unpaid bills, the days to come and the buffer until the next income") {
    const auto f = with_cash(300000);
    const auto n = on(f, "2026-04-02");
    REQUIRE(n.cash);
    CHECK(n.cash->balance == 300000);
    CHECK(n.cash->bills == 148001);  // the rent is overdue, the others are to come
    CHECK(n.cash->planned == 120332 - n.plan_free);
    CHECK(n.cash->buffer == 5000);
    CHECK(format_day(n.cash->until) == "2026-05-01");
    CHECK(n.budget == n.plan_free + 120000);
    CHECK_FALSE(n.cash_binds());
    CHECK(n.safe_to_spend() == n.plan_free);
}

TEST_CASE("cash binds from the first unit on that the plan gives and the accounts do not hold") {
    constexpr amount of_the_goal = 26667;
    CHECK_FALSE(on(with_cash(300000 - of_the_goal), "2026-04-02").cash_binds());
    const auto short_by_one = on(with_cash(300000 - of_the_goal - 1), "2026-04-02");
    CHECK(short_by_one.cash_binds());
    CHECK(short_by_one.safe_to_spend() == short_by_one.plan_free - 1);
    const auto empty = on(with_cash(1), "2026-04-02");
    CHECK(empty.cash_binds());
    CHECK(empty.safe_to_spend() == 0);
}

TEST_CASE("who never said what an account holds is told that cash is not known, and that the plan binds") {
    auto f = with_cash(0);
    const auto spent = entry_of(f, "2026-04-02", "groceries", -70000);
    replace_entry(f, nullptr, &spent);
    CHECK_FALSE(on(f, "2026-04-02").cash);
    CHECK_FALSE(on(f, "2026-04-02").cash_binds());
    auto card = cash_account(90000);
    card.kind = account_kind::card;
    auto foreign = cash_account(90000);
    foreign.currency = "USD";
    foreign.on_budget = false;
    auto closed = cash_account(90000);
    closed.archived = true;
    f.accounts = account_book({cash_account(0, true), card, foreign, closed});
    CHECK_FALSE(on(f, "2026-04-02").cash);
    f.accounts = account_book({cash_account(0, true), card, cash_account(0)});
    CHECK(on(f, "2026-04-02").cash->balance == -70000);
}

TEST_CASE("a spend takes the same from the plan and from the cash, whatever day it is booked on") {
    for (const auto* const when : {"2026-04-02", "2026-04-20"}) {
        auto f = with_cash(300000);
        const auto before = on(f, "2026-04-02");
        const auto one = entry_of(f, when, "groceries", -50000);
        replace_entry(f, nullptr, &one);
        const auto after = on(f, "2026-04-02");
        const bool ahead = one.booked_on > day("2026-04-02");
        CHECK(after.cash->balance == before.cash->balance - (ahead ? 0 : 50000));
        // Booked ahead it takes what is more than the plan of its day.
        CHECK(after.cash->free < before.cash->free - 45000);
        replace_entry(f, &one, nullptr);
        CHECK(on(f, "2026-04-02").cash->free == before.cash->free);
    }
}

TEST_CASE("a bill paid takes nothing more, paid by today or ahead, in this month or before it") {
    auto f = with_cash(300000);
    const auto before = on(f, "2026-04-02");
    const auto rent = entry_of(f, "2026-04-02", "housing", -120000);
    replace_entry(f, nullptr, &rent);
    const auto paid = on(f, "2026-04-02");
    CHECK(paid.cash->bills == before.cash->bills - 120000);
    CHECK(paid.cash->free == before.cash->free);
    CHECK(paid.plan_free == before.plan_free);
    const auto ahead = entry_of(f, "2026-04-05", "utilities", -14000);  // settles 150.00
    replace_entry(f, nullptr, &ahead);
    CHECK(on(f, "2026-04-02").cash->bills == paid.cash->bills - 1000);
}

TEST_CASE("the next income may be of the next month: its bills and days until then are taken") {
    auto inputs = april();
    inputs.incomes.front().day = 25;
    auto f = joined(inputs, "2026-04-01", "2026-04");
    f.accounts = account_book({cash_account(900000, true)});
    f.cash.add(day("2026-03-20"), 900000);
    CHECK(format_day(on(f, "2026-04-24").cash->until) == "2026-04-25");
    const auto n = on(f, "2026-04-26");
    CHECK(format_day(n.cash->until) == "2026-05-25");
    CHECK(n.cash->bills == 2 * 148001);
    amount days = 0;
    const auto now = view_month(f, month("2026-04"), day("2026-04-26"));
    const auto next = view_month(f, month("2026-05"), day("2026-04-26"));
    for (std::size_t d = 26; d < 30; ++d)
        for (const auto& c : now.plan.categories) days += c.plan[d];
    for (std::size_t d = 0; d < 24; ++d)
        for (const auto& c : next.plan.categories) days += c.plan[d];
    CHECK(n.cash->planned == days);
    // Paid early, it is not waited for any more.
    const auto salary = entry_of(f, "2026-04-23", "salary", 300000);
    replace_entry(f, nullptr, &salary);
    CHECK(format_day(on(f, "2026-04-24").cash->until) == "2026-05-25");
}

TEST_CASE("what is owed of months before is taken as well, and on the last day tomorrow is the next month's first") {
    const auto f = with_cash(900000, "2026-05");
    const auto n = on(f, "2026-05-02");
    CHECK(n.cash->bills == 2 * 148001);
    const auto last = on(f, "2026-04-30");
    const auto may = view_month(f, month("2026-05"), day("2026-05-01"));
    CHECK(last.tomorrow == may.budget_of(0));
    CHECK(format_day(last.cash->until) == "2026-05-01");
    CHECK(last.cash->planned == 0);
}

TEST_CASE("balances beyond the range are not known, and hide nothing else") {
    auto f = with_cash(300000);
    f.cash.add(day("2026-04-01"), max_amount);
    f.cash.add(day("2026-04-02"), max_amount);
    const auto n = on(f, "2026-04-02");
    CHECK_FALSE(n.cash);
    CHECK(n.safe_to_spend() == n.plan_free);
    auto g = with_cash(300000);
    g.cash.add(day("2026-04-01"), std::nullopt);
    CHECK_FALSE(on(g, "2026-04-02").cash);
}
