#include "finance/month/affordability.hpp"

#include "core/error.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/plan_moves.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

// Its day, as many months later as it takes at this month's pace to put aside what is lost.
std::optional<civil_day> later_by(const month_facts& f, const month_view& v, const stored_goal& g, amount lost) {
    const auto& p = *v.budget;
    const auto wanted = narrow128(wide{g.target} - g.saved - f.contributed_to(g.id) - sum_of(v.swept, g.id));
    if (!wanted) return std::nullopt;
    const auto before = reached_after(*wanted, g.reserved, g.reserved);
    const auto then = reached_after(*wanted, g.reserved - lost, g.reserved);
    if (!before || !then) return std::nullopt;
    const auto due = f.rules.containing(std::max(g.by, p.start()));
    return *then == *before ? g.by : f.rules.ahead(due, *then - *before).last_day();
}

// What is uncovered after the buffer is taken from the goals, the last listed first: what breaks first.
void risk_goals(advice& a, const month_facts& f, const month_view& v) {
    const auto& p = *v.budget;
    wide open = wide{a.uncovered} - p.budget.pool.buffer;
    for (const auto& g : p.goals) a.goals.push_back({g.id, g.name, g.reserved, 0, g.by, g.by});
    for (auto g = a.goals.rbegin(); g != a.goals.rend() && open > 0; ++g) {
        g->at_risk = static_cast<amount>(std::min(open, wide{g->month}));
        open -= g->at_risk;
    }
    for (std::size_t i = 0; i < p.goals.size(); ++i)
        if (a.goals[i].at_risk > 0) a.goals[i].by_then = later_by(f, v, p.goals[i], a.goals[i].at_risk);
}

// The next day whose own budget in the calendar holds it.
std::optional<civil_day> first_day_that_holds(const month_view& v, std::size_t category, amount value, int after) {
    const auto& plan = v.plan.categories[category];
    const auto& spent = v.in.categories[category].actual;
    for (int d = after + 1; d < v.days(); ++d)
        if (wide{plan.day_budget(d)} - spent[static_cast<std::size_t>(d)] >= value) return v.over.day_at(d);
    return std::nullopt;
}

}  // namespace

advice advise(month_facts f, const std::string& category, amount value, civil_day booked_on, civil_day today) {
    f.actuals.push_back({booked_on, category, 0});  // so that the category has a place in the view
    const auto v = view_month(f, booked_on, today);
    if (!v.budget) throw api_error(409, "not_onboarded", "There is no plan yet: answer PUT /v1/onboarding first.");
    const auto at = v.find(category);
    if (!at) throw api_error(422, "validation_failed", "An income category has no budget.");
    const int day = v.over.offset(booked_on);
    const auto would = what_if_spent(as_planned_until(v.in, v.plan, day), *at, value);
    if (!would) throw amount_overflow("/money/amount");
    // That day's own budget is what counts: as the calendar shows it today.
    const auto budget = v.plan.categories[*at].day_budget(day);
    const auto already = v.in.categories[*at].actual[static_cast<std::size_t>(day)];
    const auto spent = static_cast<amount>(std::clamp<wide>(wide{already} + value, -max_amount, max_amount));
    advice a;
    a.verdict = judge_affordability(budget, spent);
    a.category = category;
    a.booked_on = booked_on;
    a.value = value;
    a.share = share_bp(budget, spent);
    a.day = {budget, spent, static_cast<amount>(std::clamp<wide>(wide{budget} - spent, -max_amount, max_amount))};
    a.tomorrow = would->after.tomorrow;
    a.tomorrow_before = would->before.tomorrow;
    if (!a.tomorrow) {
        a.tomorrow_before = first_day_after(f, v, category);
        f.actuals.push_back({booked_on, category, value});
        a.tomorrow = first_day_after(f, v, category);
    }
    a.month_left = would->after.month_left;
    a.month_left_before = would->before.month_left;
    a.uncovered = would->after.uncovered;
    a.moves = named_moves(v, would->moves);
    risk_goals(a, f, v);
    if (a.verdict == affordability::over) {
        if (budget > already) a.smaller = budget - already;
        a.later = first_day_that_holds(v, *at, value, day);
    }
    return a;
}

std::string advice_json(const advice& a, const std::string& currency) {
    json_out out(currency, 1024);
    out.open('{').field("verdict", affordability_name(a.verdict)).field("category", a.category);
    out.money("money", a.value).field("booked_on", a.booked_on);
    if (a.share)
        out.field("share_bp", *a.share);
    else
        out.null("share_bp");
    out.key("today").open('{').money("budget_money", a.day.budget).money("spent_money", a.day.spent);
    out.money("left_money", a.day.left).close('}');
    if (a.tomorrow) {
        out.key("tomorrow").open('{').money("budget_money", *a.tomorrow);
        out.money("before_money", a.tomorrow_before.value_or(0)).close('}');
    } else {
        out.null("tomorrow");
    }
    out.key("month").open('{').money("left_money", a.month_left).money("before_money", a.month_left_before).close('}');
    out.money("uncovered_money", a.uncovered).key("moves");
    append(out, a.moves);
    out.key("goals").open('[');
    for (const auto& g : a.goals) {
        out.open('{').field("id", g.id).field("name", g.name).money("month_money", g.month);
        out.money("at_risk_money", g.at_risk).field("before_by", g.by);
        if (g.by_then)
            out.field("by", *g.by_then);
        else
            out.null("by");
        out.close('}');
    }
    out.close(']').key("alternatives").open('[');
    if (a.smaller) out.open('{').field("kind", "smaller").money("money", *a.smaller).close('}');
    if (a.later) out.open('{').field("kind", "later").field("date", *a.later).close('}');
    out.close(']').close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
