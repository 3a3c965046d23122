// GET /v1/today: the start page in one reply and two statements.
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/unchanged.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/today_json.hpp"

#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr int last_shown = 5;

// The views of every month the week of today touches.
std::vector<month_view> months_of_week(const loaded_month& got) {
    const auto monday = got.today - std::chrono::days{weekday_index(got.today)};
    const auto sunday = monday + std::chrono::days{6};
    std::vector<month_view> out;
    for (auto first = monday; first <= sunday; first = out.back().over.next)
        out.push_back(view_month(got.facts, first, got.today));
    return out;
}

}  // namespace

awaitable<http::response> today(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.around = true;
    what.transactions = last_shown;
    auto same = co_await unchanged(req, a, what);
    if (same) co_return std::move(*same);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    const auto near = months_of_week(got);
    const auto* own = &near.front();
    for (const auto& m : near)
        if (m.over.contains(got.today)) own = &m;
    co_return http::json_with_etag(req, today_json(got.facts, *own, near), plan_tag(got.facts.who, got.today));
}

}  // namespace mita::finance
