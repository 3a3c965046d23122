// Dated obligations of a category and what has been paid for them, wherever it was booked. Used by the engine and by
// explain. A bill belongs to the period of its day, and so does each payment of it. Pure; nothing here allocates.
#pragma once

#include <limits>
#include <vector>

#include "finance/domain/day_weights.hpp"
#include "finance/domain/money.hpp"

namespace mita::finance {

inline constexpr int everything = std::numeric_limits<int>::max();
inline constexpr int never = std::numeric_limits<int>::max();

// A payment or a receipt: before day 0 or from `days` on it was booked outside the period.
struct paid_part {
    int on = 0;
    amount value = 0;
    bool operator==(const paid_part&) const = default;
};

struct bill {
    int day = 0;                        // 0..days−1
    amount value = 0;                   // ≥ 0
    int settled_on = never;             // since when it is paid as far as it will be (match_entries)
    std::vector<paid_part> payments{};  // values ≥ 0
};

// Below, `known`: payments booked later are not known.

// What was paid outside the period: it counts as spent here, and only here.
amount paid_elsewhere(const std::vector<bill>& bills, int days, int known);

// What is lacking of a bill; 0 once it is settled.
amount lacking(const bill& item, int known);
// Of all of them.
amount owed(const std::vector<bill>& bills, int known);

// What bills still take, on the days from today on (0 before); returns the sum. What is lacking stands on the bill's
// day, an overdue one today, after the period's end on its last day; what is paid today or later inside the period
// stands on that day.
amount due_of(const std::vector<bill>& bills, int days, int today, int known, day_amounts& out);

// The same for one bill and one day.
amount due_on(const bill& item, int days, int today, int known, int day);

}  // namespace mita::finance
