#include "finance/budgets/budget.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "finance/domain/taxonomy.hpp"
#include "finance/plan/month_budgets.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/json_out.hpp"

#include <boost/json/value.hpp>

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

void append_asked(json_out& out, const std::vector<plan_inputs::category>& list, const std::string& id) {
    const auto asked = std::ranges::find(list, id, &plan_inputs::category::id);
    if (asked == list.end()) return;
    if (asked->weight) out.field("weight", *asked->weight);
    out.field("fixed", asked->budget.has_value());
}

void append_said(json_out& out, const plan_inputs* inputs, const stored_period& p) {
    const auto* said = inputs == nullptr ? nullptr : asked_of(*inputs, p.over()).said;
    if (said == nullptr) {
        out.null("said");
        return;
    }
    out.key("said").open('{').field("month", format_period(inputs->periods.containing(said->month)));
    out.field("scope", scope_name(said->onwards)).close('}');
}

}  // namespace

std::string budget_text(const stored_period& p, const plan_inputs* inputs, const std::string& currency) {
    json_out out(currency, 4096);
    out.open('{').field("month", format_period(p.over())).field("from", p.over().start);
    out.field("to", p.over().last_day()).field("currency", currency);
    out.field("status", p.budget.problem ? "infeasible" : "ok");
    out.money("pool_money", p.budget.pool.pool).money("unallocated_money", p.budget.unallocated);
    out.key("categories").open('[');
    for (const auto& c : p.budget.categories) {
        out.open('{').field("category", c.id).field("class", class_name(c.cls)).money("budget_money", c.daily_part);
        if (inputs != nullptr) append_asked(out, asked_of(*inputs, p.over()).categories, c.id);
        out.field("policy", format_policy(c.rule)).field("rollover", rollover_name(c.roll.kind));
        if (c.roll.cap)
            out.money("rollover_cap_money", *c.roll.cap);
        else
            out.null("rollover_cap_money");
        out.key("day_weights");
        append_weights(out, c.weights, currency);
        out.field("protected", c.guarded || c.cls == category_class::protected_);
        out.close('}');
    }
    out.close(']');
    append_said(out, inputs, p);
    out.close('}');
    return std::move(out.text);
}

plan_inputs::month_budget read_month_budget(std::string_view body, const period& over, const plan_inputs& before,
                                            const category_book& book) {
    json_document doc(body);
    auto in = doc.object();
    plan_inputs::month_budget said{over.start, read_scope(in), {}, false};
    auto others = before;
    others.default_weights = true;  // so that no categories are written
    others.categories.clear();
    others.goals.clear();
    others.budgets.clear();
    json_out whole({}, 4096);
    whole.open('{');
    append_members(whole, others);
    if (!left_out(in, "categories")) {
        whole.key("categories");
        std::string given;
        append_json(given, *in.raw("categories"));
        whole.literal(given);
    }
    whole.close('}');
    try {
        auto read = read_plan_inputs(whole.text, book, &before);
        said.categories = std::move(read.categories);
        said.default_weights = read.default_weights;
    } catch (const api_error& e) {
        if (e.errors.empty()) throw;
        for (const auto& x : e.errors) doc.fail(x.pointer, x.code, x.detail);
    }
    finish_body(doc);
    return said;
}

}  // namespace mita::finance
