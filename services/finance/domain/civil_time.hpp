// Calendar days and budget periods without clocks or zones: a day is std::chrono::sys_days, a month year_month.
// Used wherever a `booked_on`, a month or a day index appears. Pure arithmetic of the proleptic Gregorian calendar.
// Periods are half-open [start, next): neighbours touch, nothing overlaps (T1).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

using civil_day = std::chrono::sys_days;
using std::chrono::year_month;

// Strict "YYYY-MM-DD" (years 0001–9999, the day must exist) and back.
std::optional<civil_day> parse_day(std::string_view text);
std::string format_day(civil_day day);
// Strict "YYYY-MM" and back.
std::optional<year_month> parse_month(std::string_view text);
std::string format_month(year_month month);

// 28..31.
int days_in(year_month month);
// Day `day` (1..31) of the month; beyond its end: its last day.
civil_day clamped_day(year_month month, int day);
year_month month_of(civil_day day);
// 0 Monday … 6 Sunday.
int weekday_index(civil_day day);

// A budget period: from its first day to the day before the next one's, which is its identity; what day that is, the
// person's period_rules say.
struct period {
    civil_day start;
    civil_day next;

    bool operator==(const period&) const = default;

    int days() const { return static_cast<int>((next - start).count()); }
    bool contains(civil_day day) const { return day >= start && day < next; }
    civil_day last_day() const { return next - std::chrono::days{1}; }
    civil_day day_at(int index) const { return start + std::chrono::days{index}; }
    // Signed distance from the start; outside 0..days()−1 for days outside.
    int offset(civil_day day) const { return static_cast<int>((day - start).count()); }
    // The engine's `today`: 0 for a future period, days() for a closed one.
    int today_index(civil_day today) const;
};

// The calendar month.
period period_of(year_month month);

// How a request names a period: by a month ("2026-04") or by a day of it. period_rules say which one is meant.
struct period_name {
    civil_day day;  // of a month its first
    bool month = false;
};
std::optional<period_name> parse_period(std::string_view text);
// A whole calendar month as "YYYY-MM", any other period by its first day.
std::string format_period(const period& p);

}  // namespace mita::finance
