// What other plan inputs make of the months that are open: a new revision of the current one and of each after it.
// Pure. Used by the one way a plan changes (handlers/change_plan.hpp). What is paid and what is of past days stays as
// it is; what moves keeps its identity.
#pragma once

#include "finance/month/month_facts.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

// got: of today's month with all later ones. Throws api_error 422 amount_overflow at `named`, or when that is empty at
// the part of the inputs that leaves the range; a month whose budget is infeasible is given back with its problem.
std::vector<stored_period> replanned(const loaded_month& got, const plan_inputs& a, civil_day today,
                                     std::string_view named = {});

}  // namespace mita::finance
