// Why a number is what it is: integer terms that sum exactly to a day's budget of a category (P5).
// Used by GET /v1/calendar/{date}/explain. For policy even the terms are the linear identity of the model: baseline,
// each past day's share of its deviation, carry, covers, rounding.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "finance/domain/engine.hpp"

namespace mita::finance {

enum class term_kind : std::uint8_t {
    baseline,   // the day's part at the opening
    day,        // `day`: share of what that past day left (+) or overspent (−), its bills set off
    carry_in,   // share of what the period before left
    cover,      // `from`: share of what was received
    given,      // `from`: the category it went to; negative
    bills,      // `day`: what a bill takes on this day, in full; what one settled elsewhere left: its share
    swept,      // share of what policy save moved to a goal; negative
    uncovered,  // the overspend nobody covers is not taken from this day
    policy,     // what the policy moves to other days (the cut at 0, days a deficit has eaten, pinned days)
    rounding,
};
// The API's word for it: the enumerator's name.
std::string_view term_name(term_kind kind);

struct explain_term {
    term_kind kind;
    amount value = 0;
    std::optional<int> day{};   // index in the period
    std::optional<int> from{};  // category index or from_unallocated
    bool operator==(const explain_term&) const = default;
};

struct explanation {
    amount budget = 0;  // the number explained: compute_month's day_budget, or the morning's for days before today
    std::vector<explain_term> terms;  // baseline first; zero terms left out, except baseline
};

// Any day 0..days−1: a day before in.today is explained as of its own morning, a later one as of today.
outcome<explanation> explain_day(const month_input& in, std::size_t category, int day);

// Today (in.today < in.days) of every category, in their order. plan: compute_month of in.
std::vector<explanation> explain_today(const month_input& in, const month_plan& plan);

}  // namespace mita::finance
