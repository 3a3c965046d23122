// /v1/budgets/{month}: what each category of a month is given, and by which rules; changed from today on, by the one
// way a plan changes.
#include "finance/handlers/budgets.hpp"
#include "core/error.hpp"
#include "finance/budgets/budget.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/replan.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

year_month month_named(const http::request& req) {
    const auto month = parse_month(req.params[0]);
    if (!month) refuse("/month", "invalid_date", "Give a month as YYYY-MM.");
    return *month;
}

std::string text_now(const loaded_month& got, year_month month) {
    const auto view = view_month(got.facts, month, got.today);
    if (!view.budget) throw api_error(404, "not_found", "There is no plan for this month.");
    const auto inputs = got.facts.in_force();
    const bool over = month < month_of(got.today);
    return budget_text(*view.budget, over ? nullptr : &inputs, got.facts.who.currency);
}

std::string tag_of(const std::string& text) { return "w" + http::tag_of_text(text); }

}  // namespace

awaitable<http::response> read_budget_of(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.month = month_named(req);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    require_plan(got);
    auto text = text_now(got, *what.month);
    const auto tag = tag_of(text);
    co_return http::json_with_etag(req, std::move(text), tag);
}

awaitable<http::response> put_budget(http::request& req, app& a) {
    http::refuse_query(req);
    const auto month = month_named(req);
    const plan_edit edit = [&req, month](const loaded_month& got, plan_inputs& inputs) {
        require_plan(got);
        if (month != month_of(got.today))
            refuse("/month", "invalid_date",
                   "Budgets are changed from today on: of the month that it is, and with it those to come.");
        http::require_if_match(req, tag_of(text_now(got, month)));
        inputs = with_categories(req.body, inputs, got.facts.book);
        const auto months = replanned(got, inputs, got.today, "/categories");
        auto text = budget_text(months.front(), &inputs, inputs.currency);
        const auto tag = tag_of(text);
        auto answer = http::json(200, std::move(text));
        http::with_etag(answer, tag);
        return answer;
    };
    auto answer = co_await change_plan(req, a, "/categories", edit);
    co_return answer;
}

}  // namespace mita::finance
