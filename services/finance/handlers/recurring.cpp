// /v1/recurring: what comes again, one thing at a time. The plan inputs are its home, so each change is a replanning
// from today (change_plan.hpp). Its tag is its own text's: two people changing two bills do not meet.
#include "core/error.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/price_change.hpp"
#include "finance/month/settlements.hpp"
#include "finance/plan/recurring_body.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t previewed = 12;
constexpr std::string_view at_money = "/money";  // what a plan that does not hold is blamed on

recurring one_or_404(const plan_inputs& inputs, std::string_view id) {
    auto found = find_recurring(inputs, id);
    if (!found) throw api_error(404, "not_found", "No such income, bill or planned transfer.");
    return std::move(*found);
}

awaitable<loaded_month> load(app& a, http::request& req) {
    month_request what;
    what.earlier = price_months;
    auto got = co_await a.months.load(req.who->user_id, what, req.until);
    co_return got;
}

plan_inputs inputs_of(const loaded_month& got) {
    return got.facts.who.plan_version > 0 ? got.facts.in_force() : plan_inputs();
}

std::string text_of(const loaded_month& got, const recurring& r, const std::string& currency) {
    json_out out(currency);
    append(out, r, price_change_of(got.facts, settlements(got.facts), r, got.today));
    return std::move(out.text);
}

std::string preview_of(const recurring& r, civil_day today, const std::string& currency) {
    json_out out(currency, 1024);
    out.open('{').key("data").open('[');
    for (const auto day : next_of(r, today, previewed))
        out.open('{').field("date", day).money("money", r.value).close('}');
    out.close(']').close('}');
    return std::move(out.text);
}

recurring_rules rules_of(const loaded_month& got, const plan_inputs& inputs) {
    return {got.facts.book, inputs, got.facts.accounts, got.today};
}

}  // namespace

awaitable<http::response> list_recurring(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto got = co_await load(a, req);
    const auto tag = plan_tag(got.facts.who, got.today);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto inputs = inputs_of(got);
    const auto all = recurring_of(inputs);
    const auto place = [](const recurring& r) { return r.id; };
    const auto page = pages.cut(std::span(all), place);
    const settlements met(got.facts);
    json_out out(inputs.currency, 4096);
    out.open('{').key("data").open('[');
    for (const auto& r : page.items) append(out, r, price_change_of(got.facts, met, r, got.today));
    auto answer = pages.answer(out.end_list(page.next), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

awaitable<http::response> read_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await load(a, req);
    const auto inputs = inputs_of(got);
    auto text = text_of(got, one_or_404(inputs, req.params[0]), inputs.currency);
    const auto tag = http::tag_of_text(text);
    co_return http::json_with_etag(req, std::move(text), tag);
}

awaitable<http::response> create_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_addition add = [](json_document& body, const loaded_month& got, plan_inputs& inputs) {
        const auto made = read_new_recurring(body, rules_of(got, inputs));
        put_recurring(inputs, made);
        auto text = text_of(got, made, inputs.currency);
        const auto tag = http::tag_of_text(text);
        auto answer = http::json(201, std::move(text));
        http::with_etag(answer, tag);
        http::with_header(answer, "Location", "/v1/recurring/" + made.id);
        return answer;
    };
    auto answer = co_await add_to_plan(req, a, at_money, add);
    co_return answer;
}

awaitable<http::response> patch_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_edit edit = [&req](const loaded_month& got, plan_inputs& inputs) {
        const auto before = one_or_404(inputs, req.params[0]);
        http::require_if_match(req, http::tag_of_text(text_of(got, before, inputs.currency)));
        const auto now = read_recurring_patch(req.body, before, rules_of(got, inputs));
        put_recurring(inputs, now);
        auto text = text_of(got, now, inputs.currency);
        const auto tag = http::tag_of_text(text);
        auto answer = http::json(200, std::move(text));
        http::with_etag(answer, tag);
        return answer;
    };
    auto answer = co_await change_plan(req, a, at_money, edit);
    co_return answer;
}

awaitable<http::response> delete_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_edit edit = [&req](const loaded_month& got, plan_inputs& inputs) {
        const auto before = one_or_404(inputs, req.params[0]);
        http::require_if_match(req, http::tag_of_text(text_of(got, before, inputs.currency)));
        remove_recurring(inputs, before.id);
        return http::empty(204);
    };
    auto answer = co_await change_plan(req, a, at_money, edit);
    co_return answer;
}

awaitable<http::response> preview_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await load(a, req);
    const auto inputs = inputs_of(got);
    const auto item = one_or_404(inputs, req.params[0]);
    co_return http::json(200, preview_of(item, got.today, inputs.currency));
}

awaitable<http::response> preview_new_recurring(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await load(a, req);
    require_plan(got);
    const auto inputs = inputs_of(got);
    json_document body(req.body);
    const auto item = read_new_recurring(body, rules_of(got, inputs));
    co_return http::json(200, preview_of(item, got.today, inputs.currency));
}

}  // namespace mita::finance
