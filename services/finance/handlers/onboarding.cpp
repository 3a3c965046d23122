// GET and PUT /v1/onboarding: the plan inputs, and from them the plan of the current month. A later PUT replans from
// today: days before keep the numbers they had (a new revision of each open month from today on).
#include "core/error.hpp"
#include "finance/domain/zone.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/replan.hpp"
#include "finance/once/retry.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// Of the inputs as shown: a move to another zone is a change of them, too.
std::string inputs_tag(const profile& who) { return "o" + std::to_string(who.plan_version) + "." + who.timezone; }

void check_precondition(const http::request& req, const profile& who) {
    if (who.plan_version > 0) {
        http::require_if_match(req, inputs_tag(who));
    } else if (req.headers.find("If-Match") != nullptr) {
        throw api_error(412, "precondition_failed", "There are no answers yet.");
    }
}

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

[[noreturn]] void refuse_infeasible(const infeasible& why, const std::string& currency) {
    const auto text = [&currency](amount v) { return money::make(v, currency)->str(); };
    std::vector<field_error> errors;
    for (const auto& b : why.broken)
        errors.push_back({pointer_of(b), "infeasible_budget", text(b.missing) + " of this has no money behind it."});
    throw api_error(422, "infeasible_budget", "The month lacks " + text(why.shortfall) + ".", std::move(errors));
}

[[noreturn]] void refuse_currency(const std::string& now) {
    refuse("/currency", "currency_mismatch",
           "The currency is " + now + " and fixed once transactions or a plan exist.");
}

// nullopt: something moved in the meantime.
awaitable<std::optional<bool>> try_put(app& a, http::request& req) {
    const uuid id = req.who->user_id;
    month_request what;
    what.all_later = true;
    const auto got = co_await a.months.load(id, what, req.until);
    const auto& who = got.facts.who;
    check_precondition(req, who);
    const bool known = who.plan_version > 0;
    const auto before = known ? got.facts.in_force() : plan_inputs();
    const auto given = read_plan_inputs(req.body, got.facts.book, known ? &before : nullptr);
    if (given.currency != who.currency) {
        if (known) refuse_currency(who.currency);
        const bool spent = co_await a.plans.has_money(id, req.until);
        if (spent) refuse_currency(who.currency);
    }
    const auto today = local_today(*find_zone(given.timezone), wall::now());
    const auto months = replanned(got, given, today);
    if (months.front().budget.problem) refuse_infeasible(*months.front().budget.problem, given.currency);
    const bool done = co_await a.plans.replan(who, given, months, today, req.until);
    if (!done) co_return std::nullopt;
    co_return true;
}

}  // namespace

awaitable<http::response> onboarding(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await a.months.load(req.who->user_id, {}, req.until);
    if (got.facts.who.plan_version == 0)
        throw api_error(404, "not_onboarded", "No answers yet: PUT /v1/onboarding gives them.");
    json_out out({}, 2048);
    out.open('{');
    append_members(out, got.facts.in_force());
    out.field("version", got.facts.who.plan_version).close('}');
    co_return http::json_with_etag(req, std::move(out.text), inputs_tag(got.facts.who));
}

awaitable<http::response> put_onboarding(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid id = req.who->user_id;
    const auto attempt = [&](int) { return try_put(a, req); };
    co_await until_settled(a.on.get_executor(), attempt);
    a.all.forget(id);
    const auto now = co_await a.months.load(id, {}, req.until);
    const auto view = view_month(now.facts, now.month, now.today);
    auto out = http::json(200, month_json(now.facts, view));
    http::with_etag(out, inputs_tag(now.facts.who));
    co_return out;
}

}  // namespace mita::finance
