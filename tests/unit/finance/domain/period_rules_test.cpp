// T1: a person's periods partition time, by whatever rules and through whatever changes of them.
#include "finance/domain/period_rules.hpp"

#include "unit/finance/domain/domain_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <vector>

using namespace mita::finance;
using mita::finance::testing::holds;

namespace {

using std::chrono::days;

civil_day on_day(std::string_view text) { return parse_day(text).value(); }

civil_day any_day(std::string_view from, int span) { return on_day(from) + days{*rc::gen::inRange(0, span)}; }

period_rule any_rule() {
    period_rule r;
    r.every = static_cast<period_unit>(*rc::gen::inRange(0, 3));
    if (r.every == period_unit::month)
        r.start_day = *rc::gen::inRange(1, last_start_day + 1);
    else
        r.payday = any_day("2025-06-01", 800);
    return r;
}

// Changed on a few days: each time no period opened by then may change, and the last opened one is that of `today` or a
// later one.
struct changed {
    period_rules rules;
    std::vector<period> opened;
};

changed any_changes() {
    changed out{period_rules(any_rule()), {}};
    auto today = on_day("2025-12-01");
    for (int i = *rc::gen::inRange(0, 6); i > 0; --i) {
        today += days{*rc::gen::inRange(0, 90)};
        const auto last = out.rules.ahead(out.rules.containing(today), *rc::gen::inRange(0, 3));
        for (auto p = out.rules.containing(on_day("2025-11-01")); p.start <= last.start; p = out.rules.next(p))
            if (out.opened.empty() || p.start >= out.opened.back().next) out.opened.push_back(p);
        out.rules.change(any_rule(), out.opened.back().next);
    }
    return out;
}

}  // namespace

TEST_CASE("T1: through any changes of rule periods partition time, and what was opened never changes") {
    CHECK(holds("T1 changes of rule", [] {
        const auto [rules, opened] = any_changes();
        for (const auto& p : opened) {
            RC_ASSERT(rules.containing(p.start) == p);
            RC_ASSERT(rules.containing(p.last_day()) == p);
        }
        const auto end = on_day("2029-01-01");
        int count = 0;
        const auto first = rules.containing(on_day("2025-06-01"));
        for (auto p = first; p.start < end; p = rules.next(p), ++count) {
            RC_ASSERT(p.next > p.start);
            RC_ASSERT(p.days() < 62);
            RC_ASSERT(rules.containing(p.start + days{*rc::gen::inRange(0, p.days())}) == p);
            RC_ASSERT(rules.next(p).start == p.next);
            RC_ASSERT(rules.steps(first.start, p.last_day()) == count);
            RC_ASSERT(rules.steps(p.last_day(), first.start) == -count);
            RC_ASSERT(rules.ahead(first, count) == p);
        }
    }));
}

TEST_CASE("T1: each period is between half and one and a half of what its rule says") {
    CHECK(holds("T1 lengths", [] {
        const auto rules = any_changes().rules;
        for (auto p = rules.containing(on_day("2025-06-01")); p.start < on_day("2029-01-01"); p = rules.next(p)) {
            const auto& rule = rules.rule_on(p.start);
            const auto own = rule.containing(p.last_day()), before = rule.containing(own.start - days{1});
            if (rules.is_regular(p)) continue;
            const int shortest = std::min(own.days(), before.days()), longest = std::max(own.days(), before.days());
            RC_ASSERT(2 * p.days() >= shortest);
            RC_ASSERT(2 * p.days() <= 3 * longest);
        }
    }));
}

TEST_CASE("T1: periods of any start day are as long as calendar months, through every February") {
    for (int start_day = 1; start_day <= last_start_day; ++start_day) {
        period_rule by;
        by.start_day = start_day;
        const period_rules rules(by);
        for (auto p = rules.containing(on_day("1970-01-01")); p.start < on_day("2100-01-01"); p = rules.next(p)) {
            REQUIRE(p.days() == days_in(month_of(p.start)));
            REQUIRE(std::chrono::year_month_day{p.start}.day() == std::chrono::day{static_cast<unsigned>(start_day)});
        }
    }
}

TEST_CASE("T1: weeks begin on the payday's weekday before it and after it") {
    period_rule by{period_unit::two_weeks, 1, on_day("2026-04-03")};
    CHECK(format_period(by.containing(on_day("2026-04-03"))) == "2026-04-03");
    CHECK(format_period(by.containing(on_day("2026-04-02"))) == "2026-03-20");
    CHECK(by.containing(on_day("2026-04-02")).days() == 14);
    by.every = period_unit::week;
    CHECK(format_period(by.containing(on_day("2026-04-02"))) == "2026-03-27");
}

TEST_CASE("a short piece between two rules is joined to the period after it, a long one stands by itself") {
    period_rules rules;
    period_rule by;
    by.start_day = 25;
    rules.change(by, on_day("2026-05-01"));
    CHECK(rules.containing(on_day("2026-05-01")) == period{on_day("2026-05-01"), on_day("2026-05-25")});
    by.start_day = 10;
    rules.change(by, on_day("2026-05-01"));  // in place of what has not come yet
    CHECK(rules.containing(on_day("2026-05-01")) == period{on_day("2026-05-01"), on_day("2026-06-10")});
    CHECK(rules.containing(on_day("2026-04-30")) == period_of(*parse_month("2026-04")));
    rules.change(period_rule{}, on_day("2026-05-01"));
    CHECK(rules.are_calendar_months());
}

TEST_CASE("a month names the first period that begins in it, or the one its first day is of") {
    const period_rules fortnights(period_rule{period_unit::two_weeks, 1, on_day("2026-04-03")});
    CHECK(fortnights.named(*parse_period("2026-04")).start == on_day("2026-04-03"));
    CHECK(fortnights.named(*parse_period("2026-04-16")).start == on_day("2026-04-03"));
    CHECK(fortnights.named(*parse_period("2026-04-17")).start == on_day("2026-04-17"));
    period_rules changed;
    changed.change(period_rule{period_unit::month, 10}, on_day("2026-05-01"));
    CHECK(changed.named(*parse_period("2026-05")).start == on_day("2026-05-01"));
    CHECK(changed.named(*parse_period("2026-06")).start == on_day("2026-06-10"));
}
