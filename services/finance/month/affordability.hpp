// May I spend this? The verdict, and what the purchase would do to that day, the next, the month and each
// goal, with alternatives. Pure; nothing is stored. Used by POST /v1/affordability.
#pragma once

#include "finance/domain/verdict.hpp"
#include "finance/month/plan_moves.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct advice {
    struct goal {
        std::string id, name;
        amount month = 0;    // reserved this month
        amount at_risk = 0;  // of it: what nothing else would pay for, the buffer spent first, the last goal first
        civil_day by;        // when it is to be reached
        std::optional<civil_day> by_then{};  // and when then, at this month's pace; nullopt: not within a hundred years
    };
    affordability verdict = affordability::safe;
    std::string category;
    civil_day booked_on;
    amount value = 0;
    std::optional<amount> share;  // basis points
    day_numbers day;              // of the category, the purchase included
    std::optional<amount> tomorrow, tomorrow_before;
    amount month_left = 0, month_left_before = 0;
    amount uncovered = 0;
    std::vector<plan_move> moves;
    std::vector<goal> goals;
    std::optional<amount> smaller;   // the most that fits the day's budget; only when `value` does not
    std::optional<civil_day> later;  // the first later day of the month whose own budget holds it
};

// value ≥ 0 in a spend category; booked_on: from today to the end of its month, judged by that day's own budget in the
// calendar; what follows is told as if everything went by the plan until then. Throws api_error: 409 not_onboarded
// without a plan, 422 amount_overflow.
advice advise(month_facts f, const std::string& category, amount value, civil_day booked_on, civil_day today);

std::string advice_json(const advice& a, const std::string& currency);

}  // namespace mita::finance
