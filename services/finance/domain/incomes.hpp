// What incomes bring beyond or below what was expected: it goes to `unallocated`, budgets never move by themselves.
// Used by the engine for today and for each past morning. Pure.
#pragma once

#include <span>
#include <vector>

#include "finance/domain/bills.hpp"

namespace mita::finance {

inline constexpr int income_days = 7;  // how long after its day parts of an income are waited for

struct income {
    int day = 0;
    amount value = 0;  // expected, ≥ 0
    int settled_on = never;
    std::vector<paid_part> receipts{};
};

// Received by day `now`.
amount received(const income& item, int now);
// Nothing more is waited for: settled, or partly received and its days are over. One never logged stays expected.
bool is_final(const income& item, int now);

// What is beyond counts at once, what is lacking when nothing more is waited for. windfalls: incomes nobody expected.
wide brought(std::span<const income> incomes, std::span<const paid_part> windfalls, int now);

}  // namespace mita::finance
