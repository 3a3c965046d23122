#include "finance/month/day_json.hpp"

#include "finance/month/view_parts.hpp"
#include "finance/wire/json_out.hpp"

#include <cstddef>
#include <utility>

namespace mita::finance {

namespace {

std::size_t at(int day) { return static_cast<std::size_t>(day); }

}  // namespace

std::string day_json(const month_facts& f, const month_view& v, int day, const std::optional<std::string>& next) {
    json_out out(v.currency, 8 * 1024);
    const auto date = v.over.day_at(day);
    const auto budget = v.budget_of(day);
    const auto spent = v.spent_of(day);
    out.open('{').field("date", date).field("month", format_period(v.over)).field("currency", v.currency);
    out.field("today", v.today);
    append_numbers(out, budget, spent);
    out.money("left_money", budget - spent).key("categories").open('[');
    for (const auto& c : v.categories) {
        if (!shown(c, day)) continue;
        out.open('{').field("category", c.id).field("class", class_name(c.cls));
        out.field("archived", c.archived);
        out.money("baseline_money", c.baseline[at(day)]);
        append_numbers(out, c.budget[at(day)], c.spent[at(day)]);
        out.money("left_money", c.budget[at(day)] - c.spent[at(day)]).close('}');
    }
    out.close(']').key("obligations").open('[');
    for (const auto& b : v.bills)
        if (b.what.day == date) append_bill(out, b);
    out.close(']').key("transfers").open('[');
    for (const auto& t : v.transfers)
        if (t.what.day == date) append_bill(out, t);
    out.close(']').key("incomes").open('[');
    for (const auto& i : v.incomes)
        if (i.what.day == date) append_income(out, i, true);
    out.close(']').key("transactions").open('[');
    for (const auto& t : f.transactions) append(out, t);
    return out.end_list(next);
}

std::string explanation_json(const month_view& v, std::string_view category, int day, const explanation& why) {
    json_out out(v.currency, 4 * 1024);
    out.open('{').field("date", v.over.day_at(day)).field("category", category).money("budget_money", why.budget);
    out.key("terms").open('[');
    for (const auto& t : why.terms) {
        out.open('{').field("kind", term_name(t.kind));
        if (t.day) out.field("date", v.over.day_at(*t.day));
        if (t.from) {
            if (*t.from == from_unallocated)
                out.field("from", "unallocated");
            else
                out.field("from", v.categories[at(*t.from)].id);
        }
        out.money("money", t.value).close('}');
    }
    out.close(']').close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
