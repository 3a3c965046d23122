// What this process remembers of a person's month of today, so that a keyed write needs no reading (B12). Never trusted
// by itself: the write tells whether it still holds. Used by what creates transactions and transfers.
#pragma once

#include "finance/app.hpp"

#include <memory>

namespace mita::finance {

// Null: nothing, or not of today: it must be read.
std::shared_ptr<const loaded_month> remembered(app& a, const uuid& user);
// Whether it held, once that is known: the cache counts a hit or a miss. Of what was null it is counted already.
void was_right(app& a, const uuid& user, bool right);
// What was just written stands in `written` already.
void remember(app& a, const uuid& user, std::shared_ptr<loaded_month> written);

}  // namespace mita::finance
