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

// A budget period: the month `label`, from its start day to the day before the next period's start; 28..31 days.
struct period {
    civil_day start;
    civil_day next;
    year_month label;

    bool operator==(const period&) const = default;

    int days() const { return static_cast<int>((next - start).count()); }
    bool contains(civil_day day) const { return day >= start && day < next; }
    civil_day day_at(int index) const { return start + std::chrono::days{index}; }
    // Signed distance from the start; outside 0..days()−1 for days outside.
    int offset(civil_day day) const { return static_cast<int>((day - start).count()); }
    // The engine's `today`: 0 for a future period, days() for a closed one.
    int today_index(civil_day today) const;
};

// start_day 1..31 (the user's custom month start); 29–31 clamp to the last day of short months.
period period_of(year_month label, int start_day = 1);
period period_containing(civil_day day, int start_day = 1);
// Periods from `from` through the one containing `by`, both counted; at least 1 (a goal overdue is due now).
int periods_until(const period& from, civil_day by, int start_day = 1);

}  // namespace mita::finance
