// What comes again, month by month: T1 over every anchor day, interval and leap year, and over the edges of months.
#include "finance/plan/terms.hpp"
#include "finance/plan/recurring.hpp"
#include "unit/finance/domain/domain_support.hpp"
#include "unit/finance/planning_support.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>

using namespace planning_support;
using mita::finance::testing::holds;

namespace {

recurrence any_rule() {
    recurrence r;
    r.unit = static_cast<recurrence_unit>(*rc::gen::inRange(0, 4));
    r.interval = *rc::gen::inRange(1, 25);
    r.anchor = day("2023-11-01") + std::chrono::days{*rc::gen::inRange(0, 500)};
    r.weekend = static_cast<weekend_rule>(*rc::gen::inRange(0, 3));
    const auto place = static_cast<month_place>(*rc::gen::inRange(0, 4));
    if (r.unit == recurrence_unit::month || r.unit == recurrence_unit::year) r.place = place;
    if (*rc::gen::inRange(0, 3) == 0) r.count = *rc::gen::inRange(1, 40);
    if (*rc::gen::inRange(0, 3) == 0) r.until = r.anchor + std::chrono::days{*rc::gen::inRange(0, 900)};
    return r;
}

terms with(const recurrence& rule) {
    terms t;
    t.rule = rule;
    return t;
}

plan_inputs with_bill(const terms& more, amount value = 5000) {
    auto a = april();
    a.bills.push_back({"wood", "Wood", "home", value, day_in_month(more.rule->anchor), more});
    return a;
}

}  // namespace

TEST_CASE(
    "T1: from every anchor day, by every interval, over leap years: one occurrence a period, clamped, anchor kept") {
    for (const auto* year : {"2023", "2024", "2026"}) {
        for (int d = 1; d <= 31; ++d) {
            for (int interval = 1; interval <= 24; ++interval) {
                recurrence rule;
                rule.anchor = clamped_day(parse_month(std::string(year) + "-01").value(), d);
                rule.interval = interval;
                auto expected = month_of(rule.anchor);
                for (int k = 0; k < 60; ++k, expected += std::chrono::months{interval}) {
                    const auto on = rule.occurrence(k);
                    REQUIRE(on == clamped_day(expected, d));
                    REQUIRE(next_occurrence(rule, on) == on);
                }
            }
        }
    }
}

TEST_CASE("T1: the last day and the nth and last weekday of each month are what a calendar shows") {
    for (int d = 1; d <= 31; ++d) {
        recurrence rule;
        rule.anchor = clamped_day(parse_month("2024-01").value(), d);
        const auto first = parse_month("2024-01").value();
        for (auto m = first; m < first + std::chrono::months{96}; m += std::chrono::months{1}) {
            const int k = static_cast<int>((m - first).count());
            std::vector<civil_day> alike;
            for (int x = 1; x <= days_in(m); ++x)
                if (weekday_index(clamped_day(m, x)) == weekday_index(rule.anchor)) alike.push_back(clamped_day(m, x));
            rule.place = month_place::last_day;
            REQUIRE(rule.scheduled(k) == clamped_day(m, days_in(m)));
            rule.place = month_place::last_weekday;
            REQUIRE(rule.scheduled(k) == alike.back());
            rule.place = month_place::nth_weekday;
            if (d <= 28) REQUIRE(rule.scheduled(k) == alike[static_cast<std::size_t>((d - 1) / 7)]);
        }
        rule.place = month_place::last_day;
        CHECK(anchored(rule) == (d == 31));
        rule.place = month_place::last_weekday;
        CHECK(anchored(rule) == (d > 24));
        rule.place = month_place::nth_weekday;
        CHECK(anchored(rule) == (d <= 28));
    }
}

TEST_CASE("T1: whatever the weekend rule moves over an edge is in exactly one month, with a name of its own") {
    CHECK(holds("T1 months hold each occurrence once", [] {
        const auto rule = any_rule();
        const auto more = with(rule);
        const auto from = parse_month("2023-09").value(), to = parse_month("2027-01").value();
        std::vector<civil_day> found;
        std::map<std::string, int> names;
        for (auto m = from; m < to; m += std::chrono::months{1}) {
            const auto due = due_in(m, day_in_month(rule.anchor), more);
            RC_ASSERT(static_cast<int>(due.size()) <= most_in_a_month(more));
            for (const auto& d : due) {
                RC_ASSERT(month_of(d.day) == m);
                const auto id = occurrence_id("wood", d);
                RC_ASSERT(owner_of(id) == "wood");
                RC_ASSERT(number_of(id) == d.number);
                RC_ASSERT(++names[std::string(occurrence_key(id))] == 1);
                found.push_back(d.day);
            }
        }
        std::vector<civil_day> expected;
        for (int k = 0; k < 1300; ++k) {
            const auto scheduled = rule.scheduled(k);
            if ((rule.count && k >= *rule.count) || (rule.until && scheduled > *rule.until)) break;
            const auto on = rule.occurrence(k);
            const int weekday = weekday_index(on);
            if (rule.weekend != weekend_rule::as_is) RC_ASSERT(weekday < 5);
            if (on >= period_of(from).start && on < period_of(to).start) expected.push_back(on);
        }
        std::ranges::sort(found);
        std::ranges::sort(expected);
        RC_ASSERT(found == expected);
    }));
}

TEST_CASE("a pause leaves occurrences out and numbers none anew") {
    recurrence weekly;
    weekly.anchor = day("2026-04-03");
    weekly.unit = recurrence_unit::week;
    auto more = with(weekly);
    more.paused = mita::finance::pause{day("2026-04-10"), day("2026-04-20")};
    const auto due = due_in(parse_month("2026-04").value(), 3, more);
    REQUIRE(due.size() == 2);
    CHECK(occurrence_id("wood", due[0]) == "wood:2026-04-03");
    CHECK(occurrence_id("wood", due[1]) == "wood.4:2026-04-24");
}

TEST_CASE("terms survive storage, and what has none is stored as it was before there were any") {
    CHECK(holds("terms survive", [] {
        auto more = with(any_rule());
        if (*rc::gen::inRange(0, 2) == 0) more.other_end = 7;
        if (*rc::gen::inRange(0, 2) == 0) more.paused = mita::finance::pause{day("2026-04-10")};
        if (more.paused && *rc::gen::inRange(0, 2) == 0) more.paused->to = day("2026-05-01");
        more.subscription = *rc::gen::inRange(0, 2) == 0;
        const auto again = plan_inputs_from_json(to_json(with_bill(more)));
        RC_ASSERT(again.bills.back().more == more);
    }));
    const auto text = to_json(april());
    CHECK(text.find("schedule") == std::string::npos);
    CHECK(to_json(plan_inputs_from_json(text)) == text);
    int on = 1;
    terms plain;
    set_rule(on, plain, rule_of(31, {}));
    CHECK(on == 31);
    CHECK(plain == terms());
}

TEST_CASE("a month's pool pays each occurrence of it, and what is paid or past stays when the schedule moves") {
    recurrence weekly;
    weekly.anchor = day("2026-04-03");
    weekly.unit = recurrence_unit::week;
    const auto a = with_bill(with(weekly));
    auto f = joined(a, "2026-04-01", "2026-05");
    const auto pool = joined(april(), "2026-04-01", "2026-05").periods;
    CHECK(pool[0]->budget.pool.pool - f.periods[0]->budget.pool.pool == 4 * 5000);
    CHECK(pool[1]->budget.pool.pool - f.periods[1]->budget.pool.pool == 5 * 5000);
    auto moved = a;
    moved.bills.back().more.rule->anchor = day("2026-04-07");
    plan_start from;
    from.known = f.periods[0]->obligations;
    for (auto& o : from.known) o.kept = o.day < day("2026-04-15");
    std::vector<std::string> ids;
    for (const auto& o : occurrences_around(moved, whole(month("2026-04")), day("2026-04-01"), from))
        if (owner_of(o.id) == "wood" && whole(month("2026-04")).contains(o.day))
            ids.push_back(o.id + " on " + format_day(o.day));
    CHECK(ids == std::vector<std::string>{"wood:2026-04-03 on 2026-04-03", "wood.2:2026-04-10 on 2026-04-10",
                                          "wood.3:2026-04-17 on 2026-04-21", "wood.4:2026-04-24 on 2026-04-28"});
}

TEST_CASE("what was planned before gets nothing new on days that are past; what is new has the days since its anchor") {
    recurrence daily;
    daily.anchor = day("2026-04-01");
    daily.unit = recurrence_unit::day;
    const auto a = with_bill(with(daily));
    plan_start from;
    from.since = day("2026-04-21");
    const auto count = [&] {
        const auto all = occurrences_around(a, whole(month("2026-04")), day("2026-04-01"), from);
        return std::ranges::count_if(
            all, [](const auto& o) { return owner_of(o.id) == "wood" && whole(month("2026-04")).contains(o.day); });
    };
    CHECK(count() == 30);
    from.planned.insert("wood");
    CHECK(count() == 10);
}

TEST_CASE("two items on one day are two occurrences, and an income of every other week counts as often as it comes") {
    recurrence fortnight;
    fortnight.anchor = day("2026-01-02");
    fortnight.unit = recurrence_unit::week;
    fortnight.interval = 2;
    auto a = april();
    a.incomes = {{"a", "Wages", "salary", 100000, 2, with(fortnight)},
                 {"b", "Wages", "salary", 90000, 2, with(fortnight)}};
    const auto may = incomes_of(a, whole(month("2026-05")));
    REQUIRE(may.size() == 4);
    CHECK(may[0].id == "a:2026-05-08");
    CHECK(may[1].id == "b:2026-05-08");
    CHECK(may[3].id == "b.2:2026-05-22");
    CHECK(incomes_of(a, whole(month("2026-07"))).size() == 6);
}

TEST_CASE("what any month could hold stays within what can be shown") {
    recurrence daily;
    daily.anchor = day("2026-04-01");
    daily.unit = recurrence_unit::day;
    const auto found = [](const plan_inputs& a) {
        std::vector<std::string> out;
        check_load(a, [&out](std::string_view list, std::string code, std::string) {
            out.push_back(std::string(list) + " " + code);
        });
        return out;
    };
    CHECK(found(with_bill(with(daily))).empty());
    CHECK(found(with_bill(with(daily), max_amount / 20)) == std::vector<std::string>{"bills amount_overflow"});
    auto many = with_bill(with(daily));
    for (int i = 0; i < 13; ++i) many.bills.push_back(many.bills.back());
    CHECK(found(many) == std::vector<std::string>{"bills too_many"});
}

TEST_CASE("the next twelve dates begin today, end with the rule and stop while it is paused") {
    recurring r;
    r.value = 5;
    r.more.rule = recurrence{.anchor = day("2026-01-31")};
    auto next = next_of(r, day("2026-02-01"), 12);
    REQUIRE(next.size() == 12);
    CHECK(format_day(next[0]) == "2026-02-28");
    CHECK(format_day(next[1]) == "2026-03-31");
    CHECK(format_day(next[11]) == "2027-01-31");
    CHECK(next_of(r, day("2026-02-28"), 1).front() == day("2026-02-28"));
    r.more.rule->count = 3;
    CHECK(next_of(r, day("2026-02-01"), 12).size() == 2);
    r.more.paused = mita::finance::pause{day("2026-02-01")};
    CHECK(next_of(r, day("2026-02-01"), 12).empty());
}
