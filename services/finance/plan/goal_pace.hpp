// What a goal by a month's amount is given in each period, and when that will do. Used by planning and by goals. Pure.
#pragma once

#include "finance/domain/money.hpp"
#include "finance/domain/period_rules.hpp"

#include <optional>

namespace mita::finance {

// A month by the person's rule has the whole amount, whatever day it begins on; a week or a piece its days' share.
amount each_of(const period_rules& by, amount monthly, const period& over);

// In which period a goal is reached that still wants `open`, gets `now` in `over` and of `monthly` its part in each one
// after. nullopt: in none of the next most_periods_ahead.
std::optional<period> reached_in(const period_rules& by, const period& over, amount open, amount now, amount monthly);

}  // namespace mita::finance
