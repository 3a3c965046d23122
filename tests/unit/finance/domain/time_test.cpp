// T1: periods partition time, recurrences clamp from their anchor, local days follow zone rules.
#include "finance/domain/civil_time.hpp"
#include "finance/domain/recurrence.hpp"
#include "finance/domain/zone.hpp"
#include "unit/finance/domain/domain_support.hpp"

using namespace mita::finance;
using namespace std::chrono_literals;
using mita::finance::testing::holds;

namespace {

civil_day parsed(std::string_view text) {
    const auto parsed = parse_day(text);
    REQUIRE(parsed);
    return *parsed;
}

instant at_utc(std::string_view date, std::chrono::seconds time) { return parsed(date) + time; }

std::vector<std::string> first(const recurrence& rule, int count) {
    std::vector<std::string> out;
    for (int k = 0; k < count; ++k) out.push_back(format_day(rule.occurrence(k)));
    return out;
}

}  // namespace

TEST_CASE("dates and months are read strictly and written back") {
    CHECK(format_day(parsed("2024-02-29")) == "2024-02-29");
    CHECK(format_day(parsed("0001-01-01")) == "0001-01-01");
    CHECK(format_day(parsed("9999-12-31")) == "9999-12-31");
    CHECK(format_month(*parse_month("2026-04")) == "2026-04");
    for (const auto* bad : {"", "2026-02-29", "2026-02-31", "2026-13-01", "2026-00-10", "2026-04-00", "2026-4-01",
                            "26-04-01", "2026-04-1", "2026/04/01", "2026-04-01 ", " 2026-04-01", "+026-04-01",
                            "2026-04-0x", "0000-01-01", "20260401", "2026-04-01T00:00:00Z", "-001-01-01"}) {
        INFO(bad);
        CHECK_FALSE(parse_day(bad));
    }
    for (const auto* bad : {"", "2026", "2026-00", "2026-13", "2026-4", "2026-04-01", "0000-01", "2026.04"}) {
        INFO(bad);
        CHECK_FALSE(parse_month(bad));
    }
}

TEST_CASE("a period is named by its month, or by a day of it; only a whole calendar month has a month's name") {
    CHECK(parse_period("2026-04")->day == parsed("2026-04-01"));
    CHECK(parse_period("2026-04")->month);
    CHECK(parse_period("2026-04-25")->day == parsed("2026-04-25"));
    CHECK_FALSE(parse_period("2026-04-25")->month);
    CHECK_FALSE(parse_period("2026-04-31"));
    CHECK_FALSE(parse_period("2026-4"));
    CHECK(format_period(period_of(*parse_month("2026-02"))) == "2026-02");
    CHECK(format_period({parsed("2026-02-01"), parsed("2026-02-08")}) == "2026-02-01");
    CHECK(format_period({parsed("2026-02-25"), parsed("2026-03-25")}) == "2026-02-25");
}

TEST_CASE("today clamps to the period") {
    const auto february = period_of(*parse_month("2026-02"));
    CHECK(february.days() == 28);
    CHECK(february.today_index(parsed("2026-01-01")) == 0);
    CHECK(february.today_index(parsed("2026-02-28")) == 27);
    CHECK(february.today_index(parsed("2026-05-01")) == february.days());
}

TEST_CASE("T1: a monthly date on the 31st clamps from its anchor, not from the month before") {
    CHECK(first({.anchor = parsed("2026-01-31")}, 5) ==
          std::vector<std::string>{"2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"});
    CHECK(first({.anchor = parsed("2024-02-29"), .unit = recurrence_unit::year}, 5) ==
          std::vector<std::string>{"2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"});
    CHECK(first({.anchor = parsed("2025-11-30"), .interval = 3}, 3) ==
          std::vector<std::string>{"2025-11-30", "2026-02-28", "2026-05-30"});
    CHECK(first({.anchor = parsed("2026-03-25"), .unit = recurrence_unit::week, .interval = 2}, 3) ==
          std::vector<std::string>{"2026-03-25", "2026-04-08", "2026-04-22"});
}

TEST_CASE("T1: occurrences in a range are exactly those a plain count finds, within count and until") {
    CHECK(holds("T1 occurrences", [] {
        recurrence rule{.anchor = parsed("2024-01-31") - std::chrono::days{*rc::gen::inRange(0, 800)},
                        .unit = static_cast<recurrence_unit>(*rc::gen::inRange(0, 4)),
                        .interval = *rc::gen::inRange(1, 15)};
        if (*rc::gen::inRange(0, 2) == 0) rule.count = *rc::gen::inRange(0, 40);
        if (*rc::gen::inRange(0, 2) == 0) rule.until = rule.anchor + std::chrono::days{*rc::gen::inRange(0, 2000)};
        const auto from = rule.anchor + std::chrono::days{*rc::gen::inRange(-100, 1500)};
        const auto to = from + std::chrono::days{*rc::gen::inRange(0, 200)};
        std::vector<civil_day> expected;
        for (int k = 0; k < 2000; ++k) {
            const auto when = rule.occurrence(k);
            const bool counts = (!rule.count || k < *rule.count) && (!rule.until || when <= *rule.until);
            if (when >= from && when < to && counts) expected.push_back(when);
        }
        const auto got = occurrences(rule, from, to);
        RC_ASSERT(got == expected);
        if (!got.empty()) RC_ASSERT(next_occurrence(rule, from) == got.front());
    }));
    CHECK(occurrences({.anchor = parsed("2026-01-01"), .unit = recurrence_unit::day}, parsed("2026-01-01"),
                      parsed("2027-01-01"), 12)
              .size() == 12);
    CHECK_FALSE(next_occurrence({.anchor = parsed("2026-01-01"), .count = 2}, parsed("2026-03-01")));
}

TEST_CASE("zones: IANA names are found, everything else is not") {
    for (const auto* name :
         {"Europe/Sofia", "America/Los_Angeles", "Pacific/Apia", "UTC", "Etc/GMT+12", "US/Pacific"}) {
        INFO(name);
        REQUIRE(find_zone(name));
    }
    CHECK(find_zone("Europe/Sofia")->name() == "Europe/Sofia");
    CHECK(*find_zone("Europe/Sofia") == *find_zone("Europe/Sofia"));
    for (const auto* name :
         {"", "Nowhere/City", "europe/sofia", "../etc/passwd", "/etc/localtime", "right/UTC", "posix/UTC", "localtime",
          "Europe", "zone.tab", "tzdata.zi", "leapseconds", "Europe/Sofia "}) {
        INFO(name);
        CHECK_FALSE(find_zone(name));
    }
}

TEST_CASE("today: the same instant is three different days around the world") {
    const auto when = at_utc("2026-04-10", 10h + 30min);
    CHECK(local_today(*find_zone("Pacific/Kiritimati"), when) == parsed("2026-04-11"));
    CHECK(local_today(*find_zone("Europe/Sofia"), when) == parsed("2026-04-10"));
    CHECK(local_today(*find_zone("Etc/GMT+12"), when) == parsed("2026-04-09"));
    CHECK(local_today(*find_zone("America/Los_Angeles"), at_utc("2026-04-10", 6h + 59min)) == parsed("2026-04-09"));
    CHECK(local_today(*find_zone("America/Los_Angeles"), at_utc("2026-04-10", 7h)) == parsed("2026-04-10"));
    CHECK(local_today(*find_zone("UTC"), at_utc("2026-04-10", 0s) - 1us) == parsed("2026-04-09"));
}

TEST_CASE("midnight: days of 23 and 25 hours in Sofia and Los Angeles, 23.5 and 24.5 in Lord Howe") {
    const auto length = [](const char* name, const char* date) {
        const auto where = *find_zone(name);
        return std::chrono::duration_cast<std::chrono::minutes>(day_start(where, parsed(date) + std::chrono::days{1}) -
                                                                day_start(where, parsed(date)));
    };
    CHECK(length("Europe/Sofia", "2026-03-29") == 23h);
    CHECK(length("Europe/Sofia", "2026-10-25") == 25h);
    CHECK(length("Europe/Sofia", "2026-04-10") == 24h);
    CHECK(length("America/Los_Angeles", "2026-03-08") == 23h);
    CHECK(length("America/Los_Angeles", "2025-11-02") == 25h);
    CHECK(length("Australia/Lord_Howe", "2025-10-05") == 23h + 30min);
    CHECK(length("Australia/Lord_Howe", "2026-04-05") == 24h + 30min);
}

TEST_CASE("midnight: São Paulo 2018-11-04 begins at one o'clock, for there was no midnight") {
    const auto where = *find_zone("America/Sao_Paulo");
    CHECK(day_start(where, parsed("2018-11-04")) == at_utc("2018-11-04", 3h));
    CHECK(next_midnight(where, at_utc("2018-11-03", 12h)) == at_utc("2018-11-04", 3h));
    CHECK(local_today(where, at_utc("2018-11-04", 3h) - 1us) == parsed("2018-11-03"));
    CHECK(local_today(where, at_utc("2018-11-04", 3h)) == parsed("2018-11-04"));
}

TEST_CASE("midnight: in Apia 2011-12-30 never was, the day after the 29th is the 31st") {
    const auto where = *find_zone("Pacific/Apia");
    const auto jump = at_utc("2011-12-30", 10h);
    CHECK(local_today(where, jump - 1us) == parsed("2011-12-29"));
    CHECK(local_today(where, jump) == parsed("2011-12-31"));
    CHECK(next_midnight(where, jump - 1h) == jump);
    CHECK(day_start(where, parsed("2011-12-30")) == jump);
    CHECK(day_start(where, parsed("2011-12-31")) == jump);
}

TEST_CASE("midnight: St. John's turned clocks back over midnight, the next day begins for good the second time") {
    const auto where = *find_zone("America/St_Johns");
    const auto back = at_utc("2010-11-07", 2h + 31min);
    CHECK(local_today(where, back - 1us) == parsed("2010-11-07"));
    CHECK(local_today(where, back) == parsed("2010-11-06"));
    CHECK(next_midnight(where, back) == at_utc("2010-11-07", 3h + 30min));
}

TEST_CASE("T1: next midnight always starts a later local day, and the instant before is still the old one") {
    const std::vector<std::string> names{
        "Europe/Sofia",        "America/Los_Angeles", "Pacific/Apia", "America/Sao_Paulo",
        "Australia/Lord_Howe", "Asia/Beirut",         "Africa/Cairo", "America/Havana",
        "Asia/Kathmandu",      "Pacific/Kiritimati",  "Asia/Gaza"};
    CHECK(holds("T1 midnight", [&] {
        const auto where = *find_zone(*rc::gen::elementOf(names));
        const auto when = at_utc("1995-01-01", std::chrono::seconds{*rc::gen::inRange<long>(0, 1700000000)});
        const auto today = local_today(where, when);
        const auto next = next_midnight(where, when);
        RC_ASSERT(next > when);
        RC_ASSERT(next - when <= 50h);
        RC_ASSERT(local_today(where, next) > today);
        RC_ASSERT(local_today(where, next - 1us) <= today);
    }));
}
