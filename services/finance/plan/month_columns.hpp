// Months as the columns of a statement that writes several at once (unnest). Used by the stores that open or replan
// months. Views nothing.
#pragma once

#include "finance/plan/stored_period.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace mita::finance {

struct month_columns {
    explicit month_columns(const std::vector<stored_period>& months);

    std::vector<std::chrono::year_month_day> month, next, from_day, chain_from;
    std::vector<std::int64_t> revision;
    std::vector<std::string> budget, obligations, expected;  // expected: keys of occurrences
};

}  // namespace mita::finance
