// The rules of a person's periods as stored with the plan inputs. Used by plan_inputs.
#pragma once

#include "finance/domain/period_rules.hpp"
#include "finance/wire/json_out.hpp"

#include <boost/json/array.hpp>

namespace mita::finance {

// Members `every` and start_day or payday.
void append_members(json_out& out, const period_rule& rule);

// The member `periods`; none for calendar months. periods_from reads only what append_stored wrote.
void append_stored(json_out& out, const period_rules& rules);
period_rules periods_from(const boost::json::array& stretches);

}  // namespace mita::finance
