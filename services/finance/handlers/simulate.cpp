// POST /v1/budgets:simulate: the calendar of a month as it would be with another plan and entries that nobody booked.
// Nothing is written.
#include "finance/handlers/budgets.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/what_if.hpp"

namespace mita::finance {

awaitable<http::response> simulate_budgets(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.all_later = true;
    what.transactions = transactions_seen;
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    require_plan(got);
    const auto w = read_what_if(req.body, got);
    const auto facts = facts_if(got, w);
    const auto view = view_month(facts, w.over.start, got.today);
    co_return http::json(200, month_json(facts, view));
}

}  // namespace mita::finance
