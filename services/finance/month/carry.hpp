// What the months before carry into one: never stored, computed from the stored budgets and the present sums of the
// closed months along the chain (README: the carry rule). Pure. Used by the view of a month.
#pragma once

#include "finance/month/engine_input.hpp"

#include <vector>

namespace mita::finance {

// Into the month of these revisions (not empty); nothing while the month before is not closed. What the month could not
// show any more is not carried: only at sums near 2^53 (headroom.hpp). Throws like view_month.
carries carried_into(const month_facts& f, const settlements& met, const std::vector<period_ptr>& revisions,
                     civil_day today);

}  // namespace mita::finance
