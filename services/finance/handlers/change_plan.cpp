#include "finance/handlers/change_plan.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/domain/zone.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/month/price_change.hpp"
#include "finance/month/replan.hpp"
#include "finance/plan/month_budgets.hpp"
#include "finance/wire/refusals.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

std::string pointer_of(const broken_reserve& b) {
    switch (b.kind) {
        case reserve_kind::budgets:
            return "/categories";
        case reserve_kind::buffer:
            return "/buffer_money";
        case reserve_kind::goal:
            return "/goals/" + std::to_string(b.index);
        case reserve_kind::obligations:
            break;
    }
    return "/bills";
}

[[noreturn]] void refuse_infeasible(const infeasible& why, std::string_view named, const std::string& currency) {
    const auto text = [&currency](amount v) { return money::make(v, currency)->str(); };
    std::vector<field_error> errors;
    for (const auto& b : why.broken) {
        const auto pointer = named.empty() ? pointer_of(b) : std::string(named);
        errors.push_back({pointer, "infeasible_budget", text(b.missing) + " of this has no money behind it."});
    }
    throw api_error(422, "infeasible_budget", "The month lacks " + text(why.shortfall) + ".", std::move(errors));
}

[[noreturn]] void refuse_currency(const std::string& now) {
    refuse("/currency", "currency_mismatch",
           "The currency is " + now + " and fixed once transactions or a plan exist.");
}

// What the month lacks already, as it is planned now.
amount lacking_now(const loaded_month& got, civil_day today) {
    const auto known = got.facts.revisions_of(got.facts.rules.containing(today).start);
    return known.empty() ? 0 : shortfall_of(known.back()->budget);
}

// One try; `answer` is what the edit gave. moved: something moved in the meantime.
awaitable<write_outcome> try_change(app& a, const http::request& req, std::string_view named, const plan_edit& edit,
                                    const keyed_request* key, http::response& answer) {
    const uuid user = req.who->user_id;
    const deadline d = req.until;
    month_request what;
    what.all_later = true;
    what.earlier = price_months;  // as a recurring item is shown, so that its tag is the same
    const auto got = co_await a.months.load(user, what, d);
    const auto& who = got.facts.who;
    const bool known = who.plan_version > 0;
    auto inputs = known ? got.facts.in_force() : plan_inputs();
    answer = edit(got, inputs);
    if (inputs.currency != who.currency) {
        if (known) refuse_currency(who.currency);
        const bool spent = co_await a.plans.has_money(user, d);
        if (spent) refuse_currency(who.currency);
    }
    const auto today = local_today(*find_zone(inputs.timezone), wall::now());
    settle(inputs, inputs.periods.containing(today));
    const auto months = replanned(got, inputs, today, named);
    const auto& first = months.front().budget;
    // One thing of a plan that does not hold may change as long as it lacks no more by it.
    refuse_lacking(first, named.empty() ? 0 : lacking_now(got, today), named, inputs.currency);
    const keyed_answer kept{key, answer, wall::now()};
    auto came = co_await a.plans.replan(who, inputs, months, today, kept, writer(*req.who), d);
    co_return came;
}

awaitable<std::optional<http::response>> try_settled(app& a, http::request& req, std::string_view named,
                                                     const plan_edit& edit) {
    http::response answer;
    const auto came = co_await try_change(a, req, named, edit, nullptr, answer);
    if (came.how == write_outcome::kind::moved) co_return std::nullopt;
    co_return std::move(answer);
}

awaitable<keyed_try> try_keyed(app& a, http::request& req, std::string_view named, const plan_addition& add,
                               json_document& body, const keyed_request* key) {
    const plan_edit edit = [&](const loaded_month& got, plan_inputs& inputs) {
        require_plan(got);
        return add(body, got, inputs);
    };
    keyed_try made;
    made.came = co_await try_change(a, req, named, edit, key, made.answer);
    co_return made;
}

}  // namespace

void refuse_lacking(const period_budget& now, amount allowed, std::string_view named, const std::string& currency) {
    if (shortfall_of(now) > allowed) refuse_infeasible(*now.problem, named, currency);
}

amount shortfall_of(const period_budget& b) { return b.problem ? b.problem->shortfall : 0; }

void require_plan(const loaded_month& got) {
    if (got.facts.who.plan_version == 0)
        throw api_error(409, "not_onboarded", "There is no plan yet: answer PUT /v1/onboarding first.");
}

awaitable<http::response> change_plan(http::request& req, app& a, std::string_view named, plan_edit edit) {
    const auto attempt = [&](int) { return try_settled(a, req, named, edit); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

awaitable<http::response> add_to_plan(http::request& req, app& a, std::string_view named, plan_addition add) {
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_keyed(a, req, named, add, body, key);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    a.all.forget(req.who->user_id);
    co_return answer;
}

}  // namespace mita::finance
