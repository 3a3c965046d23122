// GET and PUT /v1/onboarding: the plan inputs, and from them the plan of the current month. A later PUT replans from
// today: days before keep the numbers they had (a new revision of each open month from today on).
#include "core/error.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "http/conditional.hpp"

#include <string>
#include <utility>

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
    const plan_edit edit = [&req](const loaded_month& got, plan_inputs& inputs) {
        check_precondition(req, got.facts.who);
        const auto* before = got.facts.who.plan_version > 0 ? &inputs : nullptr;
        inputs = read_plan_inputs(req.body, got.facts.book, before, got.facts.accounts, so_far(got));
        return http::empty(204);  // the month is shown below, as it was written
    };
    co_await change_plan(req, a, {}, edit);
    const auto now = co_await a.months.load(id, {}, req.until);
    const auto view = view_month(now.facts, now.over.start, now.today);
    auto out = http::json(200, month_json(now.facts, view));
    http::with_etag(out, inputs_tag(now.facts.who));
    co_return out;
}

}  // namespace mita::finance
