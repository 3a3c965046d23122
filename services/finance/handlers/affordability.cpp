// POST /v1/affordability: advice, nothing is stored.
#include "finance/month/affordability.hpp"
#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/fields.hpp"

#include <string>

namespace mita::finance {

namespace {

std::string answer_of(std::string_view body, const loaded_month& got) {
    json_document doc(body);
    auto in = doc.object();
    const auto category = read_category(in, "category", got.facts.book);
    const auto value = read_money(in, "money", got.facts.who.currency, 0, max_amount);
    const auto day = read_day(in, "booked_on", false);
    const auto last = got.over.last_day();
    if (day && (*day < got.today || *day > last))
        in.fail("booked_on", "out_of_range", "Must be from today to the end of the month.");
    if (category) {
        const auto* entry = got.facts.book.find(*category);
        if (entry != nullptr && entry->cls == category_class::income)
            in.fail("category", "income_category", "An income category has no budget.");
    }
    finish_body(doc);
    const auto a = advise(got.facts, *category, *value, day.value_or(got.today), got.today);
    return advice_json(a, got.facts.who.currency);
}

}  // namespace

awaitable<http::response> affordability_of(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.next = true;
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    co_return http::json(200, answer_of(req.body, got));
}

}  // namespace mita::finance
