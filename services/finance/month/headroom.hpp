// What keeps every figure of every view of a month within ±(2^53−1), whatever is deleted later: what went out of it,
// what came in, and what came back into spending together with its budgets are each within it. Counted line by line,
// for a delete may take either side of a day's sum away. Checked before a write; carries fit in what is left
// (carry.hpp). Pure.
#pragma once

#include "finance/month/month_facts.hpp"

#include <vector>

namespace mita::finance {

struct headroom {
    wide out = 0;     // Σ spending lines, all categories
    wide in = 0;      // Σ incomes and refunds
    wide back = 0;    // of it, refunds into spend categories
    wide budget = 0;  // the largest Σ budgets, bills and unallocated of a revision

    bool fits() const { return narrow128(out) && narrow128(in) && narrow128(back + budget); }
    // How much may still be carried in; negative when it does not fit.
    wide room_up() const { return max_amount - back - budget; }
    wide room_down() const { return max_amount - out; }
};

// revisions: of that month; may be empty.
headroom headroom_of(const month_facts& f, const period& over, const std::vector<period_ptr>& revisions);

}  // namespace mita::finance
