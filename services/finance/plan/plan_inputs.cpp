#include "finance/plan/plan_inputs.hpp"

#include "finance/plan/installment_parts.hpp"
#include "finance/plan/month_budgets.hpp"
#include "finance/plan/planned_transfer.hpp"
#include "finance/plan/stored_rules.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

using boost::json::object;
using boost::json::value;

std::string text_at(const object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    return v == nullptr || v->is_null() ? std::string() : std::string(v->as_string());
}

amount amount_at(const object& o, std::string_view name) {
    return o.at(name).as_object().at("amount").to_number<amount>();
}

int day_at(const object& o) { return o.at("day").to_number<int>(); }

// Only what is said of the item beyond an amount and a day of each month.
void show_terms(json_out& out, const terms& t, std::string_view other_end, const std::string& currency) {
    if (t.subscription) out.field("kind", "subscription");
    if (t.other_end) out.money(other_end, *t.other_end, currency);
    if (t.rule) {
        out.key("schedule");
        append_schedule(out, *t.rule);
    }
    if (t.is_paused()) out.field("paused", true);
}

// The rule that was said last, and since when it holds or will.
void show_period(json_out& out, const period_rules& rules) {
    const auto& last = rules.stretches().back();
    out.key("period").open('{');
    append_members(out, last.rule);
    if (rules.stretches().size() > 1) out.field("from", last.since);
    out.close('}');
}

void append_budgets(json_out& out, const plan_inputs& a) {
    if (a.budgets.empty()) return;
    out.key("budgets").open('[');
    for (const auto& b : a.budgets) {
        out.open('{')
            .field("month", format_period(a.periods.containing(b.month)))
            .field("scope", scope_name(b.onwards));
        if (!b.default_weights) append_categories(out, b.categories, a.currency);
        out.close('}');
    }
    out.close(']');
}

void append_members(json_out& out, const plan_inputs& a, bool stored) {
    out.field("timezone", a.timezone).field("currency", a.currency);
    if (!stored) show_period(out, a.periods);
    out.key("incomes").open('[');
    for (const auto& i : a.incomes) {
        out.open('{').field("id", i.id).field("name", i.name);
        if (i.category != default_income_category) out.field("category", i.category);
        out.money("money", i.value, a.currency).field("day", i.day);
        if (stored)
            append_terms(out, i.more, a.currency);
        else
            show_terms(out, i.more, "max_money", a.currency);
        out.close('}');
    }
    out.close(']').key("bills").open('[');
    for (const auto& b : a.bills) {
        out.open('{');
        out.field("id", b.id);
        out.field("name", b.name).field("category", b.category).money("money", b.value, a.currency).field("day", b.day);
        if (stored)
            append_terms(out, b.more, a.currency);
        else
            show_terms(out, b.more, "min_money", a.currency);
        out.close('}');
    }
    out.close(']').key("goals").open('[');
    for (const auto& g : a.goals) {
        out.open('{');
        out.field("id", g.id);
        out.field("name", g.name).money("target_money", g.target, a.currency);
        if (g.by) out.field("by", *g.by);
        if (g.monthly) out.money("monthly_money", *g.monthly, a.currency);
        if (g.paused) out.field("paused", true);
        if (!g.account.empty()) out.field("account_id", g.account);
        out.close('}');
    }
    out.close(']').money("buffer_money", a.buffer, a.currency);
    if (stored) out.field("default_weights", a.default_weights);
    append_budgets(out, a);
    if (!stored && a.default_weights) return;  // an empty list would say that no category has a part
    append_categories(out, a.categories, a.currency);
    if (!stored) return;
    append_stored(out, a.periods);
    if (!a.transfers.empty()) {
        out.key("transfers").open('[');
        for (const auto& t : a.transfers) append_stored(out, t, a.currency);
        out.close(']');
    }
    if (a.installments.empty()) return;
    out.key("installments").open('[');
    for (const auto& i : a.installments) append_stored(out, i, a.currency);
    out.close(']');
}

plan_inputs::category category_from(const object& o) {
    plan_inputs::category c;
    c.id = text_at(o, "category");
    if (o.contains("budget_money")) c.budget = amount_at(o, "budget_money");
    if (const auto* w = o.if_contains("weight")) c.weight = w->to_number<amount>();
    if (o.contains("policy")) c.rule = parse_policy(text_at(o, "policy")).value();
    if (o.contains("rollover")) c.roll.kind = parse_rollover(text_at(o, "rollover")).value();
    if (o.contains("rollover_cap_money")) c.roll.cap = amount_at(o, "rollover_cap_money");
    if (const auto* w = o.if_contains("day_weights")) c.weights = weights_from_json(*w);
    if (const auto* guarded = o.if_contains("protected")) c.guarded = guarded->as_bool();
    return c;
}

plan_inputs::month_budget month_budget_from(const object& o) {
    plan_inputs::month_budget b;
    b.month = parse_period(text_at(o, "month")).value().day;
    b.onwards = parse_scope(text_at(o, "scope")).value();
    const auto* list = o.if_contains("categories");
    b.default_weights = list == nullptr;
    if (list != nullptr)
        for (const auto& v : list->as_array()) b.categories.push_back(category_from(v.as_object()));
    return b;
}

}  // namespace

void append_categories(json_out& out, const std::vector<plan_inputs::category>& list, std::string_view currency) {
    out.key("categories").open('[');
    for (const auto& c : list) {
        out.open('{').field("category", c.id);
        if (c.budget) out.money("budget_money", *c.budget, currency);
        if (c.weight) out.field("weight", *c.weight);
        if (c.rule != policy{}) out.field("policy", format_policy(c.rule));
        if (c.roll.kind != rollover_kind::none) out.field("rollover", rollover_name(c.roll.kind));
        if (c.roll.cap) out.money("rollover_cap_money", *c.roll.cap, currency);
        if (c.weights != weight_rule{}) {
            out.key("day_weights");
            append_weights(out, c.weights, currency);
        }
        if (c.guarded) out.field("protected", true);
        out.close('}');
    }
    out.close(']');
}

void append_weights(json_out& out, const weight_rule& rule, std::string_view currency) {
    out.open('{');
    if (rule.kind == weight_kind::uniform || rule.kind == weight_kind::history) {
        out.field("kind", rule.kind == weight_kind::uniform ? "uniform" : "history").close('}');
        return;
    }
    const bool weekday = rule.kind == weight_kind::weekday;
    out.field("kind", weekday ? "weekday" : "custom").key("weights").open('[');
    if (weekday) {
        for (const auto w : rule.weekday) out.value(w);
    } else {
        for (const auto w : rule.custom) out.value(w);
    }
    out.close(']');
    if (!rule.pinned.empty()) {
        out.key("pinned").open('[');
        for (const auto& p : rule.pinned)
            out.open('{').field("day", p.day + 1).money("money", p.value, currency).close('}');
        out.close(']');
    }
    out.close('}');
}

weight_rule weights_from_json(const value& v) {
    const auto& o = v.as_object();
    weight_rule rule;
    const auto kind = text_at(o, "kind");
    if (kind == "uniform") return rule;
    if (kind == "history") {
        rule.kind = weight_kind::history;
        return rule;
    }
    const auto& weights = o.at("weights").as_array();
    if (kind == "weekday") {
        rule.kind = weight_kind::weekday;
        for (std::size_t i = 0; i < rule.weekday.size(); ++i) rule.weekday[i] = weights.at(i).to_number<amount>();
        return rule;
    }
    rule.kind = weight_kind::custom;
    for (const auto& w : weights) rule.custom.push_back(w.to_number<amount>());
    if (const auto* pinned = o.if_contains("pinned")) {
        for (const auto& p : pinned->as_array())
            rule.pinned.push_back({day_at(p.as_object()) - 1, amount_at(p.as_object(), "money")});
    }
    return rule;
}

void check_load(const plan_inputs& a, const fail_list& fail) {
    constexpr int most_occurrences = 400;
    const auto check = [&fail](std::string_view name, const auto& list) {
        wide sum = 0;
        int count = 0;
        for (const auto& x : list) {
            sum += wide{x.value} * most_in_a_month(x.more);
            count += most_in_a_month(x.more);
        }
        if (!narrow128(sum)) fail(name, "amount_overflow", "The sum of a month leaves the range of exact amounts.");
        if (count > most_occurrences)
            fail(name, "too_many", "At most " + std::to_string(most_occurrences) + " occurrences a month.");
    };
    check("incomes", a.incomes);
    check("bills", a.bills);
    check("transfers", a.transfers);
    wide sum = 0;
    for (const auto& b : a.bills) sum += wide{b.value} * most_in_a_month(b.more);
    for (const auto& t : a.transfers) sum += wide{t.value} * most_in_a_month(t.more);
    if (!a.transfers.empty() && !narrow128(sum))
        fail("transfers", "amount_overflow", "The sum of transfers and bills leaves the range of exact amounts.");
    for (const auto& i : a.installments)
        for (const auto& p : schedule_of(i.what)) sum += p.whole();
    if (!a.installments.empty() && !narrow128(sum))
        fail("installments", "amount_overflow", "The sum of all parts and bills leaves the range of exact amounts.");
}

std::string to_json(const plan_inputs& a) {
    json_out out({}, 2048);
    out.open('{');
    append_members(out, a, true);
    out.close('}');
    return std::move(out.text);
}

void append_members(json_out& out, const plan_inputs& a) { append_members(out, a, false); }

plan_inputs plan_inputs_from_json(std::string_view text) {
    const auto doc = boost::json::parse(text);
    const auto& o = doc.as_object();
    plan_inputs a;
    a.timezone = text_at(o, "timezone");
    a.currency = text_at(o, "currency");
    a.buffer = amount_at(o, "buffer_money");
    a.default_weights = o.at("default_weights").as_bool();
    if (const auto* said = o.if_contains("periods")) a.periods = periods_from(said->as_array());
    for (const auto& v : o.at("incomes").as_array()) {
        const auto& i = v.as_object();
        plan_inputs::income income{text_at(i, "id"),      text_at(i, "name"), text_at(i, "category"),
                                   amount_at(i, "money"), day_at(i),          terms_from(i)};
        // As written before incomes had an identity: their place is it, until they are answered again.
        if (income.id.empty()) income.id = "income-" + std::to_string(a.incomes.size() + 1);
        if (income.category.empty()) income.category = default_income_category;
        a.incomes.push_back(std::move(income));
    }
    for (const auto& v : o.at("bills").as_array()) {
        const auto& b = v.as_object();
        a.bills.push_back({text_at(b, "id"), text_at(b, "name"), text_at(b, "category"), amount_at(b, "money"),
                           day_at(b), terms_from(b)});
    }
    for (const auto& v : o.at("goals").as_array()) {
        const auto& g = v.as_object();
        plan_inputs::goal goal{text_at(g, "id"), text_at(g, "name"), amount_at(g, "target_money"),
                               parse_day(text_at(g, "by"))};
        if (g.contains("monthly_money")) goal.monthly = amount_at(g, "monthly_money");
        if (const auto* paused = g.if_contains("paused")) goal.paused = paused->as_bool();
        goal.account = text_at(g, "account_id");
        a.goals.push_back(std::move(goal));
    }
    for (const auto& v : o.at("categories").as_array()) a.categories.push_back(category_from(v.as_object()));
    if (const auto* all = o.if_contains("installments"))
        for (const auto& v : all->as_array()) a.installments.push_back(installment_from(v.as_object()));
    if (const auto* all = o.if_contains("transfers"))
        for (const auto& v : all->as_array()) a.transfers.push_back(planned_transfer_from(v.as_object()));
    if (const auto* said = o.if_contains("budgets"))
        for (const auto& v : said->as_array()) a.budgets.push_back(month_budget_from(v.as_object()));
    return a;
}

}  // namespace mita::finance
