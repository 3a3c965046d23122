// A planned transfer as stored with the inputs. Used by plan_inputs and the feed. Pure.
#pragma once

#include "finance/plan/plan_inputs.hpp"

#include <boost/json/object.hpp>

#include <string_view>

namespace mita::finance {

// planned_transfer_from reads only what append_stored wrote.
void append_stored(json_out& out, const plan_inputs::transfer& t, std::string_view currency);
plan_inputs::transfer planned_transfer_from(const boost::json::object& stored);

}  // namespace mita::finance
