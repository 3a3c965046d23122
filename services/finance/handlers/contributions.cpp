// /v1/goals/{id}/contributions: what somebody put into a goal or took out, beside what its months put aside. A goal has
// the sum of it all (L5); what is still to be put aside each month follows at once.
#include "core/error.hpp"
#include "finance/goals/contribution_body.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/carry.hpp"
#include "finance/month/replan.hpp"
#include "finance/once/write_once.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// A goal of the plan in force with all its entries, of one budget_version.
struct known_goal {
    loaded_month got;
    plan_inputs inputs;
    std::size_t which = 0;
    goal_entries entries;

    plan_inputs::goal& goal() { return inputs.goals[which]; }
    const profile& who() const { return got.facts.who; }
};

// nullopt: it moved between two looks.
awaitable<std::optional<known_goal>> look_at_goal(app& a, const uuid& user, std::string goal, deadline d) {
    month_request what;
    what.all_later = true;
    known_goal k;
    k.got = co_await a.months.load(user, what, d);
    if (k.who().plan_version > 0) k.inputs = k.got.facts.in_force();
    const auto found = std::ranges::find(k.inputs.goals, goal, &plan_inputs::goal::id);
    if (found == k.inputs.goals.end()) throw api_error(404, "not_found", "No such goal.");
    k.which = static_cast<std::size_t>(found - k.inputs.goals.begin());
    auto read = co_await a.contributions.read(user, goal, k.got.over.start, d);
    if (read.budget_version != k.who().budget_version) co_return std::nullopt;
    k.entries = std::move(read.entries);
    k.entries.sweeps = swept_before(k.got.facts, k.got.over.start, k.got.today)[goal];
    co_return k;
}

awaitable<known_goal> settled_look(http::request& req, app& a) {
    const std::string goal(req.params[0]);
    const auto attempt = [&](int) { return look_at_goal(a, req.who->user_id, goal, req.until); };
    auto known = co_await until_settled(a.on.get_executor(), attempt);
    co_return known;
}

// The months as they are planned when the goal's contributions are others: months whose goals stay as they were are not
// written anew, so that nothing else of them moves.
months_after plan_after_contribution(known_goal& k, amount moved) {
    k.goal().contributed += moved;
    months_after then;
    then.today = k.got.today;
    then.planned = replanned(k.got, k.inputs, k.got.today, "/money/amount");
    then.changed = std::ranges::any_of(then.planned, [&k](const stored_period& p) {
        const auto before = k.got.facts.revisions_of(p.start());
        return before.empty() || before.back()->budget.pool.goals != p.budget.pool.goals;
    });
    return then;
}

http::response contribution_created(const contribution& c) {
    json_out out;
    append(out, c);
    auto answer = http::json(201, std::move(out.text));
    http::with_etag(answer, tag_of(c));
    http::with_header(answer, "Location", "/v1/goals/" + c.goal_id + "/contributions/" + c.id.str());
    return answer;
}

awaitable<keyed_try> try_contribution(app& a, const uuid& user, const std::string& goal, json_document& body,
                                      const keyed_request* key, deadline d) {
    keyed_try out;
    auto known = co_await look_at_goal(a, user, goal, d);
    if (!known) co_return out;
    const contribution_rules rules{goal, known->who().currency, known->got.today, wall::now(), known->entries};
    const auto made = read_new_contribution(body, rules);
    const auto then = plan_after_contribution(*known, made.value);
    out.answer = contribution_created(made);
    const keyed_answer answer{key, out.answer, made.created_at};
    out.came = co_await a.contributions.insert(user, made, known->who().budget_version, then, answer, d);
    co_return out;
}

const contribution& contribution_or_404(const goal_entries& all, const uuid& id) {
    const auto found = std::ranges::find(all.contributions, id, &contribution::id);
    if (found == all.contributions.end()) throw api_error(404, "not_found", "No such contribution.");
    return *found;
}

awaitable<std::optional<http::response>> try_without(app& a, http::request& req, const std::string& goal,
                                                     const uuid& id) {
    auto known = co_await look_at_goal(a, req.who->user_id, goal, req.until);
    if (!known) co_return std::nullopt;
    const auto gone = contribution_or_404(known->entries, id);
    http::require_if_match(req, tag_of(gone));
    without(known->entries, id);
    const auto then = plan_after_contribution(*known, -gone.value);
    const bool done =
        co_await a.contributions.remove(req.who->user_id, id, known->who().budget_version, then, req.until);
    if (!done) co_return std::nullopt;
    co_return http::empty(204);
}

}  // namespace

awaitable<http::response> list_contributions(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    auto known = co_await settled_look(req, a);
    auto tag = "c" + std::to_string(known.who().budget_version) + "." + format_period(known.got.over);
    if (!known.entries.sweeps.empty())
        tag += "." + std::to_string(known.who().ledger_version);  // a late entry moves it
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto all = in_order(known.entries);
    const auto place = [](const goal_entry& e) { return place_of(e); };
    const auto page = pages.cut(std::span(all), place);
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& e : page.items) append(out, e, known.goal().id, known.who().currency);
    auto answer = pages.answer(out.end_list(page.next), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

awaitable<http::response> read_contribution(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[1]);
    const auto known = co_await settled_look(req, a);
    const auto& found = contribution_or_404(known.entries, id);
    json_out out;
    append(out, found);
    co_return http::json_with_etag(req, std::move(out.text), tag_of(found));
}

awaitable<http::response> create_contribution(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const std::string goal(req.params[0]);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_contribution(a, user, goal, body, key, req.until);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    a.all.forget(user);
    co_return answer;
}

awaitable<http::response> delete_contribution(http::request& req, app& a) {
    http::refuse_query(req);
    const std::string goal(req.params[0]);
    const auto id = parse_path_id(req.params[1]);
    const auto attempt = [&](int) { return try_without(a, req, goal, id); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

}  // namespace mita::finance
