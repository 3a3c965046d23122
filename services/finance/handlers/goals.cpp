// /v1/goals: what the person saves for. Goals stand in the plan inputs; these calls show and change one of them, by the
// one way a plan changes.
#include "finance/goals/goal_state.hpp"

#include "core/error.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/carry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/replan.hpp"
#include "finance/plan/goal_body.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::string_view blamed_goal = "/target_money";  // when the plan does not hold with the goal

[[noreturn]] void no_such_goal() { throw api_error(404, "not_found", "No such goal."); }

std::size_t index_of_goal(const plan_inputs& inputs, std::string_view id) {
    const auto found = std::ranges::find(inputs.goals, id, &plan_inputs::goal::id);
    if (found == inputs.goals.end()) no_such_goal();
    return static_cast<std::size_t>(found - inputs.goals.begin());
}

std::vector<goal_state> goals_in(const loaded_month& got) {
    if (got.facts.who.plan_version == 0) return {};
    const auto swept = swept_before(got.facts, got.over.start, got.today);
    return goals_of(got.facts.in_force(), *got.facts.revisions_of(got.over.start).back(), swept);
}

// What the accounts hold that goals are kept in is shown beside them; nothing is taken from there.
awaitable<std::vector<goal_state>> goals_beside_accounts(app& a, const loaded_month& got, deadline d) {
    auto goals = goals_in(got);
    const auto linked = [](const goal_state& g) { return !g.what.account.empty(); };
    if (std::ranges::none_of(goals, linked)) co_return goals;
    const auto held = co_await a.accounts.balances(got.facts.who.id, got.today, d);
    for (auto& g : goals) {
        const auto in = [&g](const account_balance& b) { return b.account_id.str() == g.what.account; };
        const auto found = std::ranges::find_if(held, in);
        if (found != held.end()) g.kept_in = *found;
    }
    co_return goals;
}

// As the goal will stand when the inputs are these: without what its account holds, which another call tells.
goal_state then(const loaded_month& got, const plan_inputs& inputs, std::size_t which) {
    const auto months = replanned(got, inputs, got.today, blamed_goal);
    return goals_of(inputs, months.front(), swept_before(got.facts, got.over.start, got.today)).at(which);
}

// Of what is wanted and what is there: the account beside it may move without a change of the goal.
std::string tag_of_goal(const goal_state& g, const std::string& currency) {
    return "g" + http::tag_of_text(text_of(g, currency, account_shown::no));
}

// Of a reading: the account's part comes behind the goal's own.
std::string tag_beside_account(const goal_state& g, const std::string& currency) {
    if (!g.kept_in) return tag_of_goal(g, currency);
    return tag_of_goal(g, currency) + "-" + std::to_string(g.kept_in->value.value_or(0));
}

http::response goal_written(int status, const goal_state& g, const std::string& currency) {
    auto answer = http::json(static_cast<unsigned>(status), text_of(g, currency, account_shown::no));
    http::with_etag(answer, tag_of_goal(g, currency));
    return answer;
}

// A weak tag is no If-Match (RFC 9110 13.1.1).
bool was_seen_beside_account(const http::request& req, const std::string& tag) {
    const auto* given = req.headers.find("If-Match");
    if (given == nullptr) return false;
    const auto at = given->value.find('"' + tag + '-');
    return at != std::string_view::npos && (at == 0 || given->value[at - 1] != '/');
}

// Of the goal the request names, when it still is what the client saw, whatever its account holds by now.
std::size_t matched_goal(const http::request& req, const loaded_month& got, const plan_inputs& inputs) {
    const auto which = index_of_goal(inputs, req.params[0]);
    const auto tag = tag_of_goal(goals_in(got).at(which), inputs.currency);
    if (!was_seen_beside_account(req, tag)) http::require_if_match(req, tag);
    return which;
}

}  // namespace

awaitable<http::response> list_goals(http::request& req, app& a) {
    const uuid user = req.who->user_id;
    const http::pager pages(req, a.all.cursors, user);
    const auto got = co_await a.months.load(user, {}, req.until);
    const auto goals = co_await goals_beside_accounts(a, got, req.until);
    const auto place = [](const goal_state& g) { return http::ascending_bytes(g.priority); };
    const auto page = pages.cut(std::span(goals), place);
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& g : page.items) append(out, g, got.facts.who.currency, account_shown::beside);
    co_return http::tagged_by_text(req, pages.answer(out.end_list(page.next), page.next));
}

awaitable<http::response> read_goal_state(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await a.months.load(req.who->user_id, {}, req.until);
    const auto goals = co_await goals_beside_accounts(a, got, req.until);
    const auto found =
        std::ranges::find(goals, req.params[0], [](const auto& g) -> const std::string& { return g.what.id; });
    if (found == goals.end()) no_such_goal();
    const auto& currency = got.facts.who.currency;
    const auto tag = tag_beside_account(*found, currency);
    co_return http::json_with_etag(req, text_of(*found, currency, account_shown::beside), tag);
}

awaitable<http::response> create_goal(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_addition add = [](json_document& body, const loaded_month& got, plan_inputs& inputs) {
        const auto which = add_goal(body, inputs, got.facts.accounts);
        auto answer = goal_written(201, then(got, inputs, which), inputs.currency);
        http::with_header(answer, "Location", "/v1/goals/" + inputs.goals[which].id);
        return answer;
    };
    auto answer = co_await add_to_plan(req, a, blamed_goal, add);
    co_return answer;
}

awaitable<http::response> patch_goal_state(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_edit edit = [&req](const loaded_month& got, plan_inputs& inputs) {
        const auto which = matched_goal(req, got, inputs);
        const auto now = patch_goal(req.body, inputs, which, got.facts.accounts);
        return goal_written(200, then(got, inputs, now), inputs.currency);
    };
    auto answer = co_await change_plan(req, a, blamed_goal, edit);
    co_return answer;
}

awaitable<http::response> delete_goal(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_edit edit = [&req](const loaded_month& got, plan_inputs& inputs) {
        const auto which = matched_goal(req, got, inputs);
        inputs.goals.erase(inputs.goals.begin() + static_cast<std::ptrdiff_t>(which));
        return http::empty(204);
    };
    auto answer = co_await change_plan(req, a, blamed_goal, edit);
    co_return answer;
}

}  // namespace mita::finance
