// The strict reader of POST /v1/budgets:simulate's body (what_if.hpp).
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/month/what_if.hpp"
#include "finance/wire/fields.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t most_entries = 100;

transaction read_entry(json_object& in, const loaded_month& got) {
    transaction t;
    t.id = new_uuid();
    t.currency = got.facts.who.currency;
    const auto category = read_category(in, "category", got.facts.book);
    t.value = read_money(in, "money", t.currency, -max_amount, max_amount).value_or(0);
    t.booked_on = left_out(in, "booked_on") ? got.today : read_day(in, "booked_on").value_or(got.today);
    if (t.booked_on < got.facts.rules.containing(got.today).start)
        in.fail("booked_on", "invalid_date", "What is over cannot be tried: from the first day of this month on.");
    t.lines.push_back({category.value_or(""), t.value, {}});
    return t;
}

// By the rules of PUT /v1/onboarding, its findings below /plan; in the currency and the zone of the person.
std::optional<plan_inputs> read_plan(json_document& doc, json_object& in, const loaded_month& got) {
    if (left_out(in, "plan")) return std::nullopt;
    std::string text;
    append_json(text, *in.raw("plan"));
    const auto before = got.facts.in_force();
    try {
        auto plan = read_plan_inputs(text, got.facts.book, &before, got.facts.accounts, so_far(got));
        if (plan.currency != before.currency)
            doc.fail("/plan/currency", "currency_mismatch", "The currency is " + before.currency + ".");
        plan.timezone = before.timezone;
        return plan;
    } catch (const api_error& e) {
        if (e.errors.empty()) throw;
        for (const auto& x : e.errors) doc.fail("/plan" + x.pointer, x.code, x.detail);
    }
    return std::nullopt;
}

}  // namespace

what_if read_what_if(std::string_view body, const loaded_month& got) {
    json_document doc(body);
    auto in = doc.object();
    what_if w;
    w.plan = read_plan(doc, in, got);
    const auto& rules = w.plan ? w.plan->periods : got.facts.rules;
    const auto now = rules.containing(got.today);
    w.over = now;
    if (!left_out(in, "month")) {
        const auto name = parse_period(in.string("month", 1, 16));
        if (name) w.over = rules.named(*name);
        if (!name) in.fail("month", "invalid_date", "Must be a month as YYYY-MM, or a day of it as YYYY-MM-DD.");
        if (w.over.start < now.start)
            in.fail("month", "invalid_date", "What is over cannot be tried: from this month on.");
        if (rules.steps(now.start, w.over.start) > most_periods_ahead)
            in.fail("month", "invalid_date", "At most 1,200 periods are planned ahead: a hundred years of months.");
    }
    for (auto& entry : in.objects("transactions", most_entries, false)) w.entries.push_back(read_entry(entry, got));
    finish_body(doc);
    return w;
}

}  // namespace mita::finance
