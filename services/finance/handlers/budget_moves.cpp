// /v1/budgets/{month}/transfers: money of one category's budget for another's, from today on. What all categories are
// given together stays (P3); the days before stay as they were.
#include "core/error.hpp"
#include "finance/budgets/budget_move_body.hpp"
#include "finance/handlers/budgets.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/replan.hpp"
#include "finance/once/write_once.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

std::string path_of(const budget_move& m) {
    return "/v1/budgets/" + format_period(m.over) + "/transfers/" + m.id.str();
}

// Of what the month gives the category: not what is spent, today's included, nor what its bills still take.
amount to_give(const month_view& v, std::string_view category) {
    const auto found = v.find(category);
    if (!found) return 0;
    const auto& c = v.categories[*found];
    const auto spent_today = c.spent[static_cast<std::size_t>(v.today_index)];
    const auto free = narrow128(wide{c.plan.left_to_close()} - std::max<amount>(0, spent_today)).value_or(0);
    return std::max<amount>(0, std::min(c.plan.daily_part, free));
}

// By the person's rules.
awaitable<period> period_named(http::request& req, app& a) {
    month_request what;
    what.month = month_named(req);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    co_return got.over;
}

http::response created_move(const budget_move& m) {
    json_out out;
    append(out, m);
    auto answer = http::json(201, std::move(out.text));
    http::with_etag(answer, tag_of(m));
    http::with_header(answer, "Location", path_of(m));
    return answer;
}

awaitable<keyed_try> try_move(app& a, const uuid& user, period_name name, json_document& body, const keyed_request* key,
                              deadline d) {
    month_request what;
    what.all_later = true;
    const auto got = co_await a.months.load(user, what, d);
    require_plan(got);
    if (got.facts.rules.named(name) != got.over)
        refuse("/month", "invalid_date", "Budgets are changed from today on: of the month that it is.");
    const auto view = view_month(got.facts, got.over.start, got.today);
    auto inputs = got.facts.in_force();
    const auto of_month = [&got](const plan_inputs::move& m) { return m.month == got.over.start; };
    const budget_move_rules rules{got.facts.book,
                                  got.facts.who.currency,
                                  got.today,
                                  got.over,
                                  wall::now(),
                                  static_cast<std::size_t>(std::ranges::count_if(inputs.moves, of_month)),
                                  [&view](std::string_view category) { return to_give(view, category); }};
    const auto made = read_new_budget_move(body, rules);
    inputs.moves.push_back({made.over.start, made.from, made.to, made.value});
    const months_after then{got.today, replanned(got, inputs, got.today, "/money/amount"), true};
    keyed_try out;
    out.answer = created_move(made);
    const keyed_answer answer{key, out.answer, made.created_at};
    out.came = co_await a.budget_moves.insert(user, made, got.facts.who.budget_version, then, answer, d);
    co_return out;
}

}  // namespace

awaitable<http::response> list_budget_moves(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto over = co_await period_named(req, a);
    const auto all = co_await a.budget_moves.of_period(req.who->user_id, over.start, req.until);
    const auto place = [](const budget_move& m) {
        auto out = http::ascending_bytes(m.created_at.time_since_epoch().count());
        out.append(reinterpret_cast<const char*>(m.id.bytes.data()), m.id.bytes.size());
        return http::turned(std::move(out));
    };
    const auto page = pages.cut(std::span(all), place);
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& m : page.items) append(out, m);
    co_return http::tagged_by_text(req, pages.answer(out.end_list(page.next), page.next));
}

awaitable<http::response> read_budget_move(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[1]);
    const auto over = co_await period_named(req, a);
    const auto found = co_await a.budget_moves.read(req.who->user_id, over.start, id, req.until);
    if (!found) throw api_error(404, "not_found", "No such transfer.");
    json_out out;
    append(out, *found);
    co_return http::json_with_etag(req, std::move(out.text), tag_of(*found));
}

awaitable<http::response> create_budget_move(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto name = month_named(req);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_move(a, user, name, body, key, req.until);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    a.all.forget(user);
    co_return answer;
}

}  // namespace mita::finance
