// A price that has moved: what an income or a bill was last met with against the three before. A fact of the ledger,
// seen by /v1/recurring. Pure.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/settlements.hpp"
#include "finance/plan/recurring.hpp"

#include <optional>

namespace mita::finance {

// The facts must reach back this many months: with what they see on either side, that shows the fourth payment before
// the last for what comes each month or oftener.
inline constexpr int price_months = 2;

// When the three occurrences before the last settled one were met alike (within 8 % of their middle), the last one is
// beyond all of them by more than 2 % of it, and the item does not take that amount yet. today: what months after its
// own say is not looked at.
std::optional<price_change> price_change_of(const month_facts& f, const settlements& met, const recurring& r,
                                            civil_day today);

}  // namespace mita::finance
