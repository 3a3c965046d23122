#include "finance/domain/recurrence.hpp"

#include <algorithm>
#include <array>

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 4> names{"day", "week", "month", "year"};
constexpr std::array<std::string_view, 4> places{"day", "last_day", "nth_weekday", "last_weekday"};
constexpr std::array<std::string_view, 3> weekends{"as_is", "before", "after"};
constexpr std::chrono::days furthest_move{2};  // by the weekend rule
constexpr int days_a_week = 7;

template <class Names>
std::optional<std::size_t> index_of(const Names& all, std::string_view name) {
    const auto found = std::ranges::find(all, name);
    if (found == all.end()) return std::nullopt;
    return static_cast<std::size_t>(found - all.begin());
}

// Where the rule is in this month.
civil_day placed(const recurrence& rule, year_month month) {
    const auto last = clamped_day(month, days_in(month));
    switch (rule.place) {
        case month_place::day:
            break;
        case month_place::last_day:
            return last;
        case month_place::nth_weekday: {
            const auto first = clamped_day(month, 1);
            const int to_weekday = (weekday_index(rule.anchor) - weekday_index(first) + days_a_week) % days_a_week;
            const int weeks = (day_in_month(rule.anchor) - 1) / days_a_week;
            return first + std::chrono::days{to_weekday + days_a_week * weeks};
        }
        case month_place::last_weekday:
            return last -
                   std::chrono::days{(weekday_index(last) - weekday_index(rule.anchor) + days_a_week) % days_a_week};
    }
    return clamped_day(month, day_in_month(rule.anchor));
}

civil_day moved(weekend_rule rule, civil_day day) {
    constexpr int saturday = 5;
    const int beyond = weekday_index(day) - saturday;  // 0 Saturday, 1 Sunday
    if (beyond < 0 || rule == weekend_rule::as_is) return day;
    return rule == weekend_rule::before ? day - std::chrono::days{1 + beyond} : day + std::chrono::days{2 - beyond};
}

// A number of the occurrence before or at the first one on or after `from`: at most two steps below it.
std::int64_t guess(const recurrence& rule, civil_day from) {
    const auto days = (from - rule.anchor).count();
    if (days <= 0) return 0;
    const auto months = (month_of(from) - month_of(rule.anchor)).count();
    switch (rule.unit) {
        case recurrence_unit::day:
            return days / rule.interval;
        case recurrence_unit::week:
            return days / (days_a_week * rule.interval);
        case recurrence_unit::month:
            return months / rule.interval;
        case recurrence_unit::year:
            return months / (12 * rule.interval);
    }
    return 0;
}

bool ended(const recurrence& rule, std::int64_t k, civil_day day) {
    return (rule.count && k >= *rule.count) || (rule.until && day > *rule.until);
}

// Of those that the weekend rule has not moved yet.
std::int64_t first_from(const recurrence& rule, civil_day from) {
    auto k = guess(rule, from);
    while (rule.scheduled(k) < from) ++k;
    return k;
}

}  // namespace

int day_in_month(civil_day day) {
    return static_cast<int>(static_cast<unsigned>(std::chrono::year_month_day{day}.day()));
}

std::string_view unit_name(recurrence_unit unit) { return names[static_cast<std::size_t>(unit)]; }

std::optional<recurrence_unit> parse_unit(std::string_view name) {
    const auto found = index_of(names, name);
    return found ? std::optional{static_cast<recurrence_unit>(*found)} : std::nullopt;
}

std::string_view place_name(month_place place) { return places[static_cast<std::size_t>(place)]; }

std::optional<month_place> parse_month_place(std::string_view name) {
    const auto found = index_of(places, name);
    return found ? std::optional{static_cast<month_place>(*found)} : std::nullopt;
}

std::string_view weekend_name(weekend_rule rule) { return weekends[static_cast<std::size_t>(rule)]; }

std::optional<weekend_rule> parse_weekend(std::string_view name) {
    const auto found = index_of(weekends, name);
    return found ? std::optional{static_cast<weekend_rule>(*found)} : std::nullopt;
}

civil_day recurrence::scheduled(std::int64_t k) const {
    const auto steps = static_cast<int>(k * interval);
    if (unit == recurrence_unit::day) return anchor + std::chrono::days{steps};
    if (unit == recurrence_unit::week) return anchor + std::chrono::days{days_a_week * steps};
    const auto months = std::chrono::months{unit == recurrence_unit::year ? 12 * steps : steps};
    return placed(*this, month_of(anchor) + months);
}

civil_day recurrence::occurrence(std::int64_t k) const { return moved(weekend, scheduled(k)); }

bool anchored(const recurrence& rule) {
    constexpr int of_every_month = 28;
    if (rule.place == month_place::nth_weekday && day_in_month(rule.anchor) > of_every_month) return false;
    return rule.scheduled(0) == rule.anchor;
}

std::vector<civil_day> occurrences(const recurrence& rule, civil_day from, civil_day to, std::size_t limit) {
    std::vector<civil_day> found;
    for (auto k = first_from(rule, from - furthest_move); found.size() < limit; ++k) {
        const auto scheduled = rule.scheduled(k);
        if (scheduled >= to + furthest_move || ended(rule, k, scheduled)) break;
        const auto day = moved(rule.weekend, scheduled);
        if (day >= from && day < to) found.push_back(day);
    }
    return found;
}

std::optional<civil_day> next_occurrence(const recurrence& rule, civil_day from) {
    for (auto k = first_from(rule, from - furthest_move);; ++k) {
        const auto scheduled = rule.scheduled(k);
        if (ended(rule, k, scheduled)) return std::nullopt;
        const auto day = moved(rule.weekend, scheduled);
        if (day >= from) return day;
    }
}

}  // namespace mita::finance
