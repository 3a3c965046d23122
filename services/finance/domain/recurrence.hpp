// Dates that repeat: occurrence k = anchor + k·interval, from the anchor and never from the occurrence before (31 Jan →
// 28 Feb → 31 Mar); in months and years on the anchor's day clamped to the month's end, on the last day, or on the
// anchor's weekday, counted from the month's beginning or its last. Used for bills, incomes, installments. Pure; O(1)
// per occurrence.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "finance/domain/civil_time.hpp"

namespace mita::finance {

int day_in_month(civil_day day);  // 1..31

enum class recurrence_unit : std::uint8_t { day, week, month, year };

// "day", "week", "month", "year".
std::string_view unit_name(recurrence_unit unit);
std::optional<recurrence_unit> parse_unit(std::string_view name);

// Where in its month an occurrence is; for days and weeks `day` alone.
enum class month_place : std::uint8_t {
    day,           // the anchor's day, clamped
    last_day,      //
    nth_weekday,   // the anchor's: the second Tuesday of an anchor on the 14th, a Tuesday
    last_weekday,  // of the anchor's name
};
// "day", "last_day", "nth_weekday", "last_weekday".
std::string_view place_name(month_place place);
std::optional<month_place> parse_month_place(std::string_view name);

// What happens to one on a Saturday or Sunday.
enum class weekend_rule : std::uint8_t {
    as_is,
    before,  // the Friday before
    after,   // the Monday after
};
// "as_is", "before", "after".
std::string_view weekend_name(weekend_rule rule);
std::optional<weekend_rule> parse_weekend(std::string_view name);

struct recurrence {
    civil_day anchor;  // occurrence 0, before the weekend rule
    recurrence_unit unit = recurrence_unit::month;
    int interval = 1;                  // 1..1000
    std::optional<int> count{};        // that many occurrences in all
    std::optional<civil_day> until{};  // none whose day, before the weekend rule, is after this one
    month_place place = month_place::day;
    weekend_rule weekend = weekend_rule::as_is;
    bool operator==(const recurrence&) const = default;

    // Occurrence k ≥ 0, whatever count and until say: by the rule alone, and where the weekend rule moves it.
    civil_day scheduled(std::int64_t k) const;
    civil_day occurrence(std::int64_t k) const;
};

// Is the anchor an occurrence of its own rule? A fifth weekday is none: few months have one.
bool anchored(const recurrence& rule);

// Those in [from, to), where the weekend rule has moved them, in order, at most `limit`.
std::vector<civil_day> occurrences(const recurrence& rule, civil_day from, civil_day to, std::size_t limit = 1000);

// The first on or after `from`.
std::optional<civil_day> next_occurrence(const recurrence& rule, civil_day from);

}  // namespace mita::finance
