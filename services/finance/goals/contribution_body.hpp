// Reads the body of POST /v1/goals/{id}/contributions, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/goals/contribution.hpp"

#include <string>

namespace mita::finance {

inline constexpr std::size_t most_contributions = 1000;  // of one goal

// What a body is judged by.
struct contribution_rules {
    std::string goal_id, currency;
    civil_day today;
    wall::time_point now;
    const goal_entries& there;
};

// A new one, with its id (the client's, else a new one), of today unless it says so. Throws api_error: 422 with every
// finding, also when the goal would have had less than nothing on some day; 409 already_exists for an id of this goal.
contribution read_new_contribution(json_document& doc, const contribution_rules& rules);
// The goal's entries without this one. Throws api_error 409 below_zero when something taken out later came from it.
goal_entries without(goal_entries all, const uuid& id);

}  // namespace mita::finance
