// The parts of an installment plan as the plan knows them: as obligations like a bill's, and as stored with the inputs.
// Used by plan_inputs, plan_months and /v1/installments. Pure.
#pragma once

#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/stored_period.hpp"

#include <boost/json/object.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

// The occurrence a part is. A payoff has a number of its own: the part of its month may stand beside it.
std::string part_id(const plan_inputs::installment& i, const installment_part& p);
// The day no part is after, without looking at any.
civil_day last_day_of(const plan_inputs::installment& i);
// What is reserved: the parts due since the plan knows of it.
std::vector<obligation> parts_of(const plan_inputs::installment& i);

// installment_from reads only what append_stored wrote.
void append_stored(json_out& out, const plan_inputs::installment& i, std::string_view currency);
plan_inputs::installment installment_from(const boost::json::object& stored);

}  // namespace mita::finance
