// The one way a plan changes: read what is in force, let the caller change the inputs or refuse, replan from today,
// write, answer. Used by PUT /v1/onboarding, which gives all inputs at once, and by the nouns that are views of them
// (recurring, goals, budgets), which change one thing by its id.
#pragma once

#include "core/json_reader.hpp"
#include "finance/app.hpp"
#include "finance/month/month_facts.hpp"
#include "finance/once/idempotency.hpp"
#include "finance/once/write_once.hpp"
#include "http/message.hpp"

#include <functional>
#include <string_view>

namespace mita::finance {

// Changes `inputs`, those in force (empty before onboarding: got.facts.who.plan_version is 0), or throws; gives the
// answer to send and to keep once it is written. Judged anew when something moved in the meantime, so it may be called
// several times and keeps nothing.
using plan_edit = std::function<http::response(const loaded_month& got, plan_inputs& inputs)>;
using plan_addition = std::function<http::response(json_document& body, const loaded_month& got, plan_inputs& inputs)>;

// Where a plan that does not hold is shown in the request: `named` for all of it, or when empty by the parts of the
// inputs (/bills, /goals/2, ...), as PUT /v1/onboarding has them.
//
// A plan that did not hold before may change one thing (named) as long as the month lacks no more by it.
//
// A PATCH, PUT or DELETE. Throws what the edit throws; api_error 422 infeasible_budget, amount_overflow,
// currency_mismatch; overloaded, deadline_exceeded, db::error.
awaitable<http::response> change_plan(http::request& req, app& a, std::string_view named, plan_edit edit);
// A keyed POST (write_once.hpp); before onboarding 409 not_onboarded.
awaitable<http::response> add_to_plan(http::request& req, app& a, std::string_view named, plan_addition add);

// What a month's plan has no money for; 422 infeasible_budget when that is more than `allowed`.
amount shortfall_of(const period_budget& b);
void refuse_lacking(const period_budget& now, amount allowed, std::string_view named, const std::string& currency);

// 409 not_onboarded without a plan.
void require_plan(const loaded_month& got);

}  // namespace mita::finance
