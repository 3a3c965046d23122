#include "finance/plan/period_body.hpp"

#include "finance/wire/fields.hpp"

namespace mita::finance {

std::optional<period_rule> read_period_rule(json_object& in) {
    period_rule rule;
    const auto text = in.string("every", 1, 16);
    const auto every = parse_period_unit(text);
    if (!every && !text.empty()) in.fail("every", "invalid_value", "One of month, week, two_weeks.");
    read_day(in, "from", false);
    const bool weeks = every && *every != period_unit::month;
    if (weeks && !left_out(in, "start_day")) in.fail("start_day", "ambiguous", "Weeks begin on the payday.");
    if (every && !weeks && !left_out(in, "payday"))
        in.fail("payday", "ambiguous", "Months begin on a day of each: give start_day.");
    const auto start_day = in.optional_integer("start_day", 1, last_start_day);
    const auto payday = read_day(in, "payday", weeks);
    if (!every || (weeks && !payday)) return std::nullopt;
    rule.every = *every;
    if (weeks)
        rule.payday = *payday;
    else
        rule.start_day = static_cast<int>(start_day.value_or(1));
    return rule;
}

}  // namespace mita::finance
