// A whole month as GET /v1/calendar and PUT /v1/onboarding answer it: proto-json/schemas/calendar.json.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/month_view.hpp"

#include <string>

namespace mita::finance {

std::string month_json(const month_facts& f, const month_view& v);

}  // namespace mita::finance
