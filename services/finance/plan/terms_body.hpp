// The strict reader of what a body says of an item's terms (terms.hpp): its rule, the ends of a range, a pause. Used by
// PUT /v1/onboarding and by /v1/recurring. Findings go to the document.
#pragma once

#include "core/json_reader.hpp"
#include "finance/plan/terms.hpp"

#include <optional>
#include <string_view>

namespace mita::finance {

// The schedule's object as a merge patch over `before` (RFC 7396); without one unit and anchor are required. Findings:
// invalid_value, invalid_date, out_of_range, ambiguous (count and until), anchor_mismatch. nullopt when wrong.
std::optional<recurrence> read_rule(json_object& in, const recurrence* before);

// paused: on is a pause from today on, off ends it today; a word that changes nothing leaves it.
void set_paused(terms& t, bool on, civil_day today);

}  // namespace mita::finance
