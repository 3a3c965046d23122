#include "finance/month/month_json.hpp"

#include "finance/month/plan_moves.hpp"
#include "finance/month/view_parts.hpp"
#include "finance/wire/json_out.hpp"

#include <utility>

namespace mita::finance {

namespace {

std::size_t at(int day) { return static_cast<std::size_t>(day); }

void append_check(json_out& out, const check_block& c) {
    out.key("check").open('{');
    out.field("budget", c.budget).field("carry_in", c.carry_in).field("from_unallocated", c.from_unallocated);
    out.field("uncovered", c.uncovered).field("spent", c.spent).field("planned", c.planned).field("held", c.held);
    out.close('}');
}

void append_infeasible(json_out& out, const stored_period& p) {
    if (!p.budget.problem) return;
    out.key("infeasible").open('{').money("shortfall_money", p.budget.problem->shortfall).key("broken").open('[');
    for (const auto& b : p.budget.problem->broken) {
        out.open('{').field("kind", reserve_name(b.kind));
        if (b.kind == reserve_kind::goal && b.index < p.goals.size()) {
            const auto& g = p.goals[b.index];
            out.field("name", g.name).field("goal_id", g.id).field("priority", static_cast<int>(b.index) + 1);
        }
        out.money("missing_money", b.missing).close('}');
    }
    out.close(']').close('}');
}

void append_category(json_out& out, const category_view& c) {
    const auto& p = c.plan;
    const auto budget = p.daily_part + p.bills;
    out.open('{').field("category", c.id).field("class", class_name(c.cls));
    out.field("archived", c.archived).field("policy", format_policy(c.rule));
    out.money("budget_money", budget).money("carry_in_money", p.carry_in).money("spent_money", c.spent_total);
    out.money("remaining_money", p.budget - c.spent_total);
    out.money("uncovered_money", p.uncovered).money("covered_money", p.covered).money("given_money", p.given);
    out.close('}');
}

void append_day(json_out& out, const month_view& v, int day) {
    out.open('{').field("date", v.over.day_at(day));
    append_numbers(out, v.budget_of(day), v.spent_of(day));
    out.key("categories").open('[');
    for (const auto& c : v.categories) {
        if (!shown(c, day)) continue;
        out.open('{').field("category", c.id).money("baseline_money", c.baseline[at(day)]);
        out.money("budget_money", c.budget[at(day)]).money("spent_money", c.spent[at(day)]).close('}');
    }
    out.close(']').close('}');
}

}  // namespace

std::string month_json(const month_facts& f, const month_view& v) {
    json_out out(v.currency, 64 * 1024);
    out.open('{').field("month", format_period(v.over));
    out.field("from", v.over.start).field("to", v.over.last_day()).field("currency", v.currency);
    out.field("today", v.today).field("timezone", f.who.timezone).field("status", v.status());
    out.money("pool_money", v.budget ? v.budget->budget.pool.pool : 0);
    out.money("unallocated_money", v.budget ? v.plan.unallocated : 0);
    out.key("moves");
    append(out, named_moves(v, v.plan.moves));
    out.key("categories").open('[');
    for (const auto& c : v.categories) append_category(out, c);
    out.close(']').key("obligations").open('[');
    for (const auto& b : v.bills) append_bill(out, b);
    out.close(']').key("transfers").open('[');
    for (const auto& t : v.transfers) append_bill(out, t);
    out.close(']').key("incomes").open('[');
    for (const auto& i : v.incomes) append_income(out, i, false);
    out.close(']').key("days").open('[');
    for (int d = 0; d < v.days(); ++d) append_day(out, v, d);
    out.close(']');
    append_check(out, v.plan.check);
    if (v.budget) append_infeasible(out, *v.budget);
    out.close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
