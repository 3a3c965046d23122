// /v1/budgets/{month}: what each category of a month is given, and by which rules; changed from today on, or of months
// to come, by the one way a plan changes.
#include "finance/handlers/budgets.hpp"
#include "core/error.hpp"
#include "finance/budgets/budget.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/what_if.hpp"
#include "finance/plan/month_budgets.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

period_ptr budget_of(const month_facts& f, const period& over, civil_day today) {
    auto budget = view_month(f, over.start, today).budget;
    if (!budget) throw api_error(404, "not_found", "There is no plan for this month.");
    return budget;
}

std::string text_of(const month_facts& f, const stored_period& budget, civil_day today) {
    if (budget.over().next <= today) return budget_text(budget, nullptr, f.who.currency);
    auto inputs = f.in_force();
    settle(inputs, f.rules.containing(today));
    return budget_text(budget, &inputs, f.who.currency);
}

std::string tag_of(const std::string& text) { return "w" + http::tag_of_text(text); }

void refuse_over(const period& over, const loaded_month& got) {
    if (over.next <= got.today)
        refuse("/month", "invalid_date",
               "What is over stays as it was: of this month, from today on, and those to come.");
    if (got.facts.rules.steps(got.today, over.start) > most_periods_ahead)
        refuse("/month", "invalid_date", "At most 1,200 periods are planned ahead: a hundred years of months.");
}

[[noreturn]] void refuse_more() {
    const auto detail = "Of at most " + std::to_string(most_month_budgets) + " months to come.";
    throw api_error(422, "validation_failed", detail, {{"/month", "too_many", detail}});
}

http::response say_of(const http::request& req, const period& over, const loaded_month& got, plan_inputs& inputs) {
    const auto now = inputs.periods.containing(got.today);
    const auto before = budget_of(got.facts, over, got.today);
    http::require_if_match(req, tag_of(text_of(got.facts, *before, got.today)));
    auto said = read_month_budget(req.body, over, inputs, got.facts.book);
    settle(inputs, now);
    say(inputs, std::move(said));
    settle(inputs, now);
    if (inputs.budgets.size() > most_month_budgets) refuse_more();
    const auto facts = facts_if(got, {over, inputs, {}}, "/categories");
    const auto after = view_month(facts, over.start, got.today).budget;
    if (!after) throw amount_overflow("/categories");
    refuse_lacking(after->budget, shortfall_of(before->budget), "/categories", inputs.currency);
    auto text = text_of(facts, *after, got.today);
    const auto tag = tag_of(text);
    auto answer = http::json(200, std::move(text));
    http::with_etag(answer, tag);
    return answer;
}

}  // namespace

period_name month_named(const http::request& req) {
    const auto name = parse_period(req.params[0]);
    if (!name) refuse("/month", "invalid_date", "Give a month as YYYY-MM, or a day of it as YYYY-MM-DD.");
    return *name;
}

awaitable<http::response> read_budget_of(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.month = month_named(req);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    require_plan(got);
    auto text = text_of(got.facts, *budget_of(got.facts, got.over, got.today), got.today);
    const auto tag = tag_of(text);
    co_return http::json_with_etag(req, std::move(text), tag);
}

awaitable<http::response> put_budget(http::request& req, app& a) {
    http::refuse_query(req);
    const auto name = month_named(req);
    const plan_edit edit = [&req, name](const loaded_month& got, plan_inputs& inputs) {
        require_plan(got);
        const auto over = got.facts.rules.named(name);
        refuse_over(over, got);
        return say_of(req, over, got, inputs);
    };
    auto answer = co_await change_plan(req, a, "/categories", edit);
    co_return answer;
}

awaitable<http::response> take_back_budget(http::request& req, app& a) {
    http::refuse_query(req);
    const auto name = month_named(req);
    const plan_edit edit = [&req, name](const loaded_month& got, plan_inputs& inputs) {
        require_plan(got);
        const auto over = got.facts.rules.named(name);
        refuse_over(over, got);
        const auto text = text_of(got.facts, *budget_of(got.facts, over, got.today), got.today);
        settle(inputs, inputs.periods.containing(got.today));
        if (!take_back(inputs, over))
            throw api_error(404, "not_found", "Nothing is said of this month beside the plan.");
        http::require_if_match(req, tag_of(text));
        return http::empty(204);
    };
    auto answer = co_await change_plan(req, a, "/categories", edit);
    co_return answer;
}

}  // namespace mita::finance
