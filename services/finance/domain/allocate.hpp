// Dividing money without losing a unit: allocate across categories, spread over the days of a period.
// Used by the whole engine. Products in 128 bit; the parts always sum exactly to the total. |total| ≤ max_amount ·
// 1024, weights in 0..max_amount, Σ weights > 0 (asserted): any amount can be a weight. No allocation beyond `out`.
#pragma once

#include <cstdint>
#include <span>

#include "finance/domain/money.hpp"

namespace mita::finance {

// Largest remainder; ties to the lower index; a negative total mirrors the positive one. At most 1023 weights.
// out.size() == weights.size().
void allocate(amount total, std::span<const amount> weights, std::span<amount> out);

// Cumulative rounding: out[d] = ⌊T·W_d/W⌋ − ⌊T·W_{d−1}/W⌋, so each prefix is < 1 unit below its ideal. total ≥ 0.
// Linear, without division per day for small weights.
void spread(amount total, std::span<const amount> weights, std::span<amount> out);
// The same for a caller that knows sum = Σ weights > 0.
void spread(amount total, std::span<const amount> weights, amount sum, std::span<amount> out);

// A negative total mirrors the positive one.
void spread_signed(amount total, std::span<const amount> weights, std::span<amount> out);

}  // namespace mita::finance
