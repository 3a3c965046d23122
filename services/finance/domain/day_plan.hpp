// One category on its own: its baseline, its bills as of today, and the plan of the days left under its policy.
// Used by the engine and by explain, not by services. Inputs are within their ranges (the engine checks them);
// nothing here allocates.
#pragma once

#include <cstddef>
#include <vector>

#include "finance/domain/engine.hpp"

namespace mita::finance {

// Σ of the category's pins from day `from` on, and the weights its days from..from+count−1 are spread by: the given
// ones without pinned days; if those are all 0, 1 for the days not pinned; if none is left, 1 for all.
struct tail {
    day_amounts weights{};  // [0] is day `from`
    amount pinned = 0;
};
tail tail_of(const category_input& category, int days, int from, int count);

// The daily part by day, cut before `joined`.
void baseline_of(const category_input& category, int days, day_amounts& out);

struct tail_result {
    amount held = 0;
    amount uncovered = 0;
};
// The daily plan from today on into `plan` (0 before). free: what the category has for it, after bills and sweeps.
tail_result plan_days(const category_input& category, const day_amounts& baseline, amount free, int days, int today,
                      day_amounts& plan);

// The first day of what `free` ≥ 0 gives under even, for a category with a daily part.
amount plan_first(const category_input& category, amount free, int days, int day);

inline std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace mita::finance
