// The one rule for ok/watch/over and for affordability, and what an amount spent today would do to the days after.
// Used by calendars, POST /v1/transactions (effect) and POST /v1/affordability. MITA advises; nothing here blocks.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "finance/domain/engine.hpp"

namespace mita::finance {

enum class verdict : std::uint8_t { none, ok, watch, over };
std::string_view verdict_name(verdict v);

// ok while spent ≤ 80 % of the budget, watch to 100 %, over above; none where there is neither budget nor spending.
verdict judge(amount budget, amount spent);

enum class affordability : std::uint8_t { safe, caution, tight, over };
std::string_view affordability_name(affordability a);

// share = spent_with_it / budget: < 70 % safe, < 85 % caution, ≤ 100 % tight, above over. Without a budget (≤ 0):
// over if anything is spent, else safe.
affordability judge_affordability(amount budget, amount spent_with_it);
// The share in basis points, rounded up, for display; nullopt without a budget.
std::optional<amount> share_bp(amount budget, amount spent_with_it);

struct day_numbers {
    amount budget = 0;
    amount spent = 0;
    amount left = 0;  // budget − spent
};

// Where a category (or, index nullopt, all of them together) stands now, today's spending included.
struct standing {
    day_numbers today;               // zeros in a closed period
    std::optional<amount> tomorrow;  // preview of tomorrow's budget; none on the period's last day
    amount month_left = 0;           // budget − everything spent through today, at tomorrow's state
    amount uncovered = 0;            // at tomorrow's state
};

struct effect {
    affordability verdict = affordability::safe;
    std::optional<amount> share;  // basis points
    standing before;
    standing after;
    std::vector<cover_move> moves;  // covers at tomorrow's state, with the amount
};

// A standing, and the covers as tomorrow would see them.
struct outlook {
    standing now;
    std::vector<cover_move> moves;
};

// The present state. nullopt category = sum over all.
outcome<outlook> look(const month_input& in, std::optional<std::size_t> category);
outcome<standing> stand(const month_input& in, std::optional<std::size_t> category);

// What spending `value` more today in the category would do (before: as it is; nothing is stored). In a closed
// period: bad_input. value may be negative (a refund). One so large that its sums leave the range is judged, too: what
// would be beyond the range is shown at its end.
outcome<effect> what_if_spent(const month_input& in, std::size_t category, amount value);

// The month on a later morning, `day`, when everything goes by the plan of `in` until then; what is booked already and
// more than that stays.
month_input as_planned_until(const month_input& in, const month_plan& plan, int day);

}  // namespace mita::finance
