// Reads what a goal is: within PUT /v1/onboarding, in POST /v1/goals and in PATCH /v1/goals/{id}. Pure; findings go to
// the document.
#pragma once

#include "core/json_reader.hpp"
#include "finance/accounts/account.hpp"
#include "finance/plan/plan_inputs.hpp"

#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_goals = 50;

// Which members of a goal that may be left out were said.
struct goal_members {
    bool paused = false, account = false;
};

// All but id and name. before: the inputs in force, whose archived accounts may stay; may be null.
goal_members read_goal(json_object& in, plan_inputs::goal& g, std::string_view currency, const account_book& accounts,
                       const plan_inputs* before);
// What a client that does not know of it leaves out stays as it was; so does what has been contributed.
void keep_unsaid(plan_inputs::goal& g, const plan_inputs::goal& before, goal_members said);

// A goal of POST, put into its place; the inputs' own ids are not taken twice. Returns its index. Throws api_error: 422
// with every finding, 409 already_exists.
std::size_t add_goal(json_document& doc, plan_inputs& inputs, const account_book& accounts);
// A merge patch of the goal at `which`, which may move it. Returns its index. Throws api_error 422.
std::size_t patch_goal(std::string_view body, plan_inputs& inputs, std::size_t which, const account_book& accounts);

}  // namespace mita::finance
