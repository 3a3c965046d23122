// How much of the cash in a person's accounts is free today: what cash and bank accounts hold, less what the plan takes
// of it until the next expected income. Pure. Used by today's numbers.
#pragma once

#include "finance/month/month_view.hpp"

#include <chrono>
#include <optional>

namespace mita::finance {

// How far after the month an income is looked for; of calendar months that is the next one alone.
inline constexpr std::chrono::days income_reach{28};

// free = balance − bills − planned − buffer, exactly.
struct cash_at_hand {
    amount balance = 0;  // today, what is booked on days to come left out
    amount bills = 0;  // not paid by today: overdue (of reach_months), due, those of the days until then; booked ahead
                       // too; with them transfers planned from an account of cash to one on budget that is none
    amount planned = 0;  // the plan of the days after today until then, or what is booked on them where that is more
    amount buffer = 0;   // of the plan
    amount free = 0;
    civil_day until;  // the day of the next expected income of this month or the four weeks after, else the next
                      // month's first
};

// v: of the month of today, with a plan. nullopt: the person never said what an account of cash holds
// (account_book::knows_cash), or a figure is beyond the range.
std::optional<cash_at_hand> cash_of(const month_facts& f, const month_view& v);

// What the bills that stand on today, overdue ones of this month among them, still take.
wide unpaid_today(const month_view& v);

}  // namespace mita::finance
