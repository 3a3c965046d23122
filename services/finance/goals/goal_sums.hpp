// What has been contributed to each goal of a person, as facts_store selects it beside everything else (L5: kept by
// triggers on contributions).
#pragma once

#include "finance/domain/money.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

// Of a row u of users: a JSON array, null when there is nothing.
inline constexpr char goal_sum_columns[] =
    "(select jsonb_agg(jsonb_build_array(s.goal_id, s.amount)) from goal_sums s where s.user_id = u.user_id)";

std::vector<std::pair<std::string, amount>> goal_sums_from(std::string_view json);

}  // namespace mita::finance
