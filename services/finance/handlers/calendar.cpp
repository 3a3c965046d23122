// GET /v1/calendar, /v1/calendar/{date} and .../explain: always fresh from the database, if the client has not got it.
#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/unchanged.hpp"
#include "finance/ledger/transaction_filter.hpp"
#include "finance/ledger/transaction_place.hpp"
#include "finance/month/day_json.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/cursor.hpp"
#include "http/page.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t most_of_a_day = 200;  // transactions shown with a day; the list has them all

// Leaves as many as are shown; where the list of the day goes on, when there are more.
std::optional<transaction_place> cut(std::vector<transaction>& of_day) {
    if (of_day.size() <= most_of_a_day) return std::nullopt;
    of_day.resize(most_of_a_day);
    return transaction_place{of_day.back().booked_on, of_day.back().id};
}

}  // namespace

awaitable<http::response> calendar(http::request& req, app& a) {
    http::query_params query(req.query);
    const auto asked = query.take("month");
    query.finish();
    month_request what;
    if (asked) {
        what.month = parse_period(*asked);
        if (!what.month) refuse("/month", "invalid_date", "Give a month as YYYY-MM, or a day of it as YYYY-MM-DD.");
    }
    auto same = co_await unchanged(req, a, what);
    if (same) co_return std::move(*same);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    const auto view = view_month(got.facts, got.over.start, got.today);
    co_return http::json_with_etag(req, month_json(got.facts, view), plan_tag(got.facts.who, got.today));
}

awaitable<http::response> calendar_day(http::request& req, app& a) {
    http::refuse_query(req);
    const auto day = parse_path_day(req.params[0]);
    month_request what;
    what.month = period_name{day};
    what.named = "/date";
    what.transactions = static_cast<int>(most_of_a_day) + 1;
    what.only_day = day;
    auto same = co_await unchanged(req, a, what);
    if (same) co_return std::move(*same);
    const uuid user = req.who->user_id;
    auto got = co_await a.months.load(user, what, req.until);
    std::optional<std::string> cursor;
    transaction_filter filter;
    filter.from = filter.to = day;
    if (const auto more = cut(got.facts.transactions))
        cursor = a.all.cursors.seal(bytes_of(*more), http::cursor_scope(transactions_path, user, filter.query()));
    const auto view = view_month(got.facts, got.over.start, got.today);
    const auto text = day_json(got.facts, view, view.over.offset(day), cursor);
    auto answer = http::json_with_etag(req, text, plan_tag(got.facts.who, got.today));
    if (cursor)
        http::with_header(answer, "Link", http::next_link(transactions_path, most_of_a_day, filter.query(), *cursor));
    co_return answer;
}

awaitable<http::response> explain(http::request& req, app& a) {
    http::query_params query(req.query);
    const auto asked = query.take("category");
    query.finish();
    const auto day = parse_path_day(req.params[0]);
    if (!asked) {
        std::vector<field_error> errors;
        errors.push_back({"/category", "required", "Name the category to explain."});
        throw api_error(422, "validation_failed", "The parameter category is required.", std::move(errors));
    }
    month_request what;
    what.month = period_name{day};
    what.named = "/date";
    auto same = co_await unchanged(req, a, what);
    if (same) co_return std::move(*same);
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    const auto category = resolve_or_refuse(got.facts.book, *asked, "/category");
    const auto view = view_month(got.facts, got.over.start, got.today);
    const int index = view.over.offset(day);
    const auto why = explain_in(got.facts, view, category, index);
    co_return http::json_with_etag(req, explanation_json(view, category, index, why),
                                   plan_tag(got.facts.who, got.today));
}

}  // namespace mita::finance
