// Which days a person's budget periods begin on: each month on a day of it, or each week or two by the payday. Used
// wherever one asks for a day's period, the one after or how many lie between. Pure; O(1) but for the changes of rule.
//
// Periods partition time (T1): a change of rule begins where a period ends and touches none before. What lies between
// that day and the new rule's first own beginning is a period by itself when it is at least half as long as what it is
// cut from, else it is joined to the one after it. So each is between half and one and a half of what its rule says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "finance/domain/civil_time.hpp"

namespace mita::finance {

inline constexpr int last_start_day = 28;        // a day of every month
inline constexpr int most_periods_ahead = 1200;  // of months a hundred years

enum class period_unit : std::uint8_t { month, week, two_weeks };

// "month", "week", "two_weeks".
std::string_view period_unit_name(period_unit unit);
std::optional<period_unit> parse_period_unit(std::string_view name);

struct period_rule {
    period_unit every = period_unit::month;
    int start_day = 1;   // of months, 1..last_start_day
    civil_day payday{};  // of weeks: a first day of one
    bool operator==(const period_rule&) const = default;

    period containing(civil_day day) const;
    // Of the period with that day, counted from somewhere; and the period of a number.
    std::int64_t number_of(civil_day day) const;
    period numbered(std::int64_t number) const;
    // Do the same days begin periods by both?
    bool agrees_with(const period_rule& other) const;
};

class period_rules {
public:
    // By `rule` from `since` on.
    struct stretch {
        civil_day since;  // of the first of all: since ever
        period_rule rule;
        bool operator==(const stretch&) const = default;
    };

    // Calendar months, or another rule since ever.
    period_rules() : period_rules(period_rule{}) {}
    explicit period_rules(period_rule rule) : stretches_{{civil_day::min(), rule}} {}
    // In order, not empty; each after the first begins where a period of the one before ends.
    explicit period_rules(std::vector<stretch> stretches) : stretches_(std::move(stretches)) {}
    bool operator==(const period_rules&) const = default;

    period containing(civil_day day) const;
    // Of a month: the first that begins in it, else the one its first day is of.
    period named(const period_name& name) const;
    period next(const period& p) const { return containing(p.next); }
    // `count` ≥ 0 periods after p.
    period ahead(const period& p, int count) const;
    // From the period of one day to that of another; negative when it is before.
    std::int64_t steps(civil_day from, civil_day to) const;

    // Another rule than the last one from `from` on, the end of some period: what else was to hold from then on is
    // forgotten.
    void change(const period_rule& to, civil_day from);

    const std::vector<stretch>& stretches() const { return stretches_; }
    const period_rule& rule_on(civil_day day) const { return stretches_[index_of(day)].rule; }
    // Everybody's who never said other.
    bool are_calendar_months() const { return stretches_.size() == 1 && stretches_.front().rule == period_rule{}; }
    // Is it what its rule says, neither a piece nor one with a piece?
    bool is_regular(const period& p) const { return rule_on(p.start).containing(p.start) == p; }

private:
    std::size_t index_of(civil_day day) const;
    period first_of(std::size_t index) const;
    // Of the stretch's last period; nullopt: it has no end.
    std::optional<std::int64_t> last_number(std::size_t index) const;

    std::vector<stretch> stretches_;
};

}  // namespace mita::finance
