#include "finance/domain/recurrence.hpp"

#include <algorithm>
#include <array>

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 4> names{"day", "week", "month", "year"};

// A number of the occurrence before or at the first one on or after `from`: at most two steps below it.
std::int64_t guess(const recurrence& rule, civil_day from) {
    const auto days = (from - rule.anchor).count();
    if (days <= 0) return 0;
    const auto months = (month_of(from) - month_of(rule.anchor)).count();
    switch (rule.unit) {
        case recurrence_unit::day:
            return days / rule.interval;
        case recurrence_unit::week:
            return days / (7 * rule.interval);
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

std::int64_t first_from(const recurrence& rule, civil_day from) {
    auto k = guess(rule, from);
    while (rule.occurrence(k) < from) ++k;
    return k;
}

}  // namespace

std::string_view unit_name(recurrence_unit unit) { return names[static_cast<std::size_t>(unit)]; }

std::optional<recurrence_unit> parse_unit(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<recurrence_unit>(found - names.begin());
}

civil_day recurrence::occurrence(std::int64_t k) const {
    const auto steps = static_cast<int>(k * interval);
    if (unit == recurrence_unit::day) return anchor + std::chrono::days{steps};
    if (unit == recurrence_unit::week) return anchor + std::chrono::days{7 * steps};
    const auto months = std::chrono::months{unit == recurrence_unit::year ? 12 * steps : steps};
    const std::chrono::year_month_day date{anchor};
    return clamped_day(month_of(anchor) + months, static_cast<int>(static_cast<unsigned>(date.day())));
}

std::vector<civil_day> occurrences(const recurrence& rule, civil_day from, civil_day to, std::size_t limit) {
    std::vector<civil_day> found;
    for (auto k = first_from(rule, from); found.size() < limit; ++k) {
        const auto day = rule.occurrence(k);
        if (day >= to || ended(rule, k, day)) break;
        found.push_back(day);
    }
    return found;
}

std::optional<civil_day> next_occurrence(const recurrence& rule, civil_day from) {
    const auto k = first_from(rule, from);
    const auto day = rule.occurrence(k);
    return ended(rule, k, day) ? std::nullopt : std::optional{day};
}

}  // namespace mita::finance
