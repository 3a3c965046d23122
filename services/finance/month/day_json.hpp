// One day, and why its number is what it is: proto-json/schemas/calendar_day.json and explanation.json.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/month_view.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// day: index in the month. Shows f.transactions; next: the cursor of those the answer has no room for.
std::string day_json(const month_facts& f, const month_view& v, int day, const std::optional<std::string>& next);
std::string explanation_json(const month_view& v, std::string_view category, int day, const explanation& why);

}  // namespace mita::finance
