// What somebody put into a goal beside what its months put aside, or took out of it (negative). Written once, removed
// or kept. Used by the goals' store and handlers, and by the feed. A value.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"
#include "finance/wire/json_out.hpp"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct contribution {
    uuid id;
    std::string goal_id;
    civil_day on;
    amount value = 0;  // never 0
    std::string currency;
    std::optional<std::string> note;
    wall::time_point created_at{};
};

// What a month put aside for the goal by itself: an entry on its last day, once it is over.
struct month_saving {
    period over;
    amount value = 0;  // > 0
};

// What the days of months that are over left under policy save, by goal, the newest first: an entry a month, on its
// last day. Derived from what is booked in them each time, never stored: a late entry changes it.
using swept_savings = std::map<std::string, std::vector<month_saving>, std::less<>>;
amount sum_of(const swept_savings& swept, std::string_view goal);

// Everything that was put into one goal or taken out: what it has is the sum of it, always (L5).
struct goal_entries {
    std::vector<contribution> contributions;  // the newest first
    std::vector<month_saving> months;         // the newest first
    std::vector<month_saving> sweeps;         // the newest first

    wide sum() const;
    // On each day what was there by its end, never below 0?
    bool holds() const;
    // Nor, the same way, beyond the range of exact amounts?
    bool fits() const;
};

// As the list shows them, the newest first: one of the three.
struct goal_entry {
    const contribution* made = nullptr;
    const month_saving* month = nullptr;
    const month_saving* sweep = nullptr;
};
std::vector<goal_entry> in_order(const goal_entries& all);
std::string place_of(const goal_entry& e);

void append(json_out& out, const contribution& c);
// currency, goal_id: of a month's and a sweep's.
void append(json_out& out, const goal_entry& e, const std::string& goal_id, const std::string& currency);
std::string tag_of(const contribution& c);  // strong, without quotes

}  // namespace mita::finance
