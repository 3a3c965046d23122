// When an income or a bill of the plan inputs is due, and what else was said of it beyond an amount and a day of each
// month. Part of plan_inputs; plan_months asks it for the occurrences of a month. Pure.
#pragma once

#include "finance/domain/money.hpp"
#include "finance/domain/recurrence.hpp"
#include "finance/wire/json_out.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

// Nothing is planned on days from `from` on, before `to` where it was taken up again.
struct pause {
    civil_day from;
    std::optional<civil_day> to{};
    bool operator==(const pause&) const = default;

    bool covers(civil_day day) const { return day >= from && (!to || day < *to); }
};

struct terms {
    std::optional<recurrence> rule{};   // nullopt: each month on the item's day, since ever and without an end
    std::optional<amount> other_end{};  // of a range: a bill's least, an income's most; the plan takes the other
    std::optional<pause> paused{};      // the last one
    bool subscription = false;          // a bill that is called so
    bool operator==(const terms&) const = default;

    bool is_paused() const { return paused && !paused->to; }
};

// The rule of an item: its own, or each month on `day`.
recurrence rule_of(int day, const terms& more);

// Gives an item this rule: each month on a day since ever needs none of its own.
void set_rule(int& day, terms& more, const recurrence& rule);

// An occurrence: its day and its number among those of its item in the month, which a pause does not change.
struct due_day {
    civil_day day;
    int number;  // 1..
};
std::vector<due_day> due_in(year_month month, int day, const terms& more);
// The most occurrences any month can have.
int most_in_a_month(const terms& more);

// "<item>:<day>", and for a second one in the month "<item>.2:<day>": so that what stands before the day names one
// occurrence of a month.
std::string occurrence_id(std::string_view item, const due_day& due);

void append_schedule(json_out& out, const recurrence& rule);

// Members of a stored item beside money and day; none for plain terms. terms_from reads only what append_terms wrote.
void append_terms(json_out& out, const terms& t, std::string_view currency);
terms terms_from(const boost::json::object& item);

}  // namespace mita::finance
