// What the months before carry into one, and what they swept into goals: never stored, computed from the stored budgets
// and the present sums of the closed months along the chain (README: the carry rule). Pure. Used by the view of a month
// and by goals.
#pragma once

#include "finance/goals/contribution.hpp"
#include "finance/month/engine_input.hpp"

#include <vector>

namespace mita::finance {

struct from_before {
    carries into;
    swept_savings swept;  // of months that are over, into goals of this month's plan
};

// Into the month of these revisions (not empty); nothing is carried while the month before is not closed. What the
// month could not show any more is not carried, nor swept what the goal could not: only at sums near 2^53
// (headroom.hpp). Throws like view_month.
from_before brought_into(const month_facts& f, const settlements& met, const std::vector<period_ptr>& revisions,
                         civil_day today);
// The latter alone, of the opened month that begins on `first`.
swept_savings swept_before(const month_facts& f, civil_day first, civil_day today);

}  // namespace mita::finance
