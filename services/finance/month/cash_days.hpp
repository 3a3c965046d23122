// What accounts of cash hold, by day: what they held at the end of a day long past, and what was booked since. A value
// of the month's facts; entries written meanwhile move it.
#pragma once

#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

#include <optional>
#include <vector>

namespace mita::finance {

struct cash_day {
    civil_day day;
    wide value = 0;
};

struct cash_days {
    std::vector<cash_day> days;
    bool exact = true;  // false: beyond what can be shown

    // As read; nullopt: beyond the range.
    void add(civil_day day, std::optional<amount> value);
    void move(civil_day day, amount value);
    // Held at the end of `day`; nullopt: beyond the range.
    std::optional<amount> by(civil_day day) const;
};

}  // namespace mita::finance
