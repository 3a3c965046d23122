// The start page: today, its week, goals, next bills, insights. proto-json/schemas/today.json.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/month_view.hpp"

#include <string>
#include <vector>

namespace mita::finance {

// `near`: views of the months of the week around today, today's own among them (v).
std::string today_json(const month_facts& f, const month_view& v, const std::vector<month_view>& near);

}  // namespace mita::finance
