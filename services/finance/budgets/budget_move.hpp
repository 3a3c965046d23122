// What somebody moved from one category's budget of a month to another's, from a day on. Written once and kept: moving
// it back is another one. Used by the budgets' store and handlers, and by the feed. A value.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"
#include "finance/wire/json_out.hpp"

#include <optional>
#include <string>

namespace mita::finance {

struct budget_move {
    uuid id;
    period over;
    civil_day on;
    std::string from, to;
    amount value = 0;  // > 0
    std::string currency;
    std::optional<std::string> note;
    wall::time_point created_at{};
};

void append(json_out& out, const budget_move& m);
std::string tag_of(const budget_move& m);  // strong, without quotes

}  // namespace mita::finance
