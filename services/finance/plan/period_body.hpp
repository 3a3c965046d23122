// Reads the member `period` of PUT /v1/onboarding: which days a person's periods begin on.
#pragma once

#include "core/json_reader.hpp"
#include "finance/domain/period_rules.hpp"

#include <optional>

namespace mita::finance {

inline constexpr std::size_t most_rule_changes = 100;  // in a person's life

// As GET shows it, `from` is passed over. nullopt: the findings are with `in`.
std::optional<period_rule> read_period_rule(json_object& in);

}  // namespace mita::finance
