// Cover: an overspent category is helped by `unallocated` first and whole, then by others in class order, each within
// its cap; never by protected ones. Used by the engine for today and for each morning; derived, never accumulated.
#pragma once

#include <span>
#include <vector>

#include "finance/domain/engine.hpp"

namespace mita::finance {

// What a category has free on its own (negative: needy), and what the cover adds and takes.
struct stake {
    category_class cls = category_class::discretionary;
    amount free = 0;
    amount covered = 0;
    amount given = 0;
};

// Serves the needy in order. At most max_categories stakes, |free| ≤ max_amount. Appends to `moves`.
void cover_all(std::span<stake> stakes, amount unallocated, int cap_bp, std::vector<cover_move>& moves);

}  // namespace mita::finance
