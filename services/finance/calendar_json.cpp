#include "finance/calendar_json.hpp"

#include "finance/domain/verdict.hpp"
#include "finance/json_out.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

std::size_t at(int day) { return static_cast<std::size_t>(day); }

// A day's list holds the categories with a daily part, and any other on the days something stands or happened.
bool shown(const category_view& c, int day) {
    return c.planned || c.baseline[at(day)] != 0 || c.budget[at(day)] != 0 || c.spent[at(day)] != 0;
}

void append_bill(json_out& out, const bill_view& b) {
    out.open('{').field("id", b.what.id).field("name", b.what.name).field("category", b.what.category);
    out.field("date", b.what.day).money("money", b.what.value).field("status", bill_status_name(b.status));
    if (b.paid_on) out.field("paid_on", *b.paid_on);
    if (b.paid_by) out.field("transaction_id", b.paid_by->str());
    out.close('}');
}

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
        if (b.kind == reserve_kind::goal && b.index < p.goals.size()) out.field("name", p.goals[b.index].name);
        out.money("missing_money", b.missing).close('}');
    }
    out.close(']').close('}');
}

void append_numbers(json_out& out, amount budget, amount spent) {
    out.field("verdict", verdict_name(judge(budget, spent)));
    out.money("budget_money", budget).money("spent_money", spent);
}

void append_category(json_out& out, const category_view& c) {
    const auto& p = c.plan;
    const auto budget = p.daily_part + p.bills;
    out.open('{').field("category", c.id).field("class", class_name(c.cls)).field("policy", format_policy(c.rule));
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

// The week of `day`, Monday first, from the months at hand; days of others are left out.
void append_week(json_out& out, const month_view& v, const std::vector<month_view>& near) {
    const auto monday = v.today - std::chrono::days{weekday_index(v.today)};
    out.key("week").open('[');
    for (auto day = monday; day < monday + std::chrono::days{7}; day += std::chrono::days{1}) {
        const auto month = std::ranges::find_if(near, [day](const auto& m) { return m.over.contains(day); });
        if (month == near.end()) continue;
        const int index = month->over.offset(day);
        out.open('{').field("date", day);
        append_numbers(out, month->budget_of(index), month->spent_of(index));
        out.close('}');
    }
    out.close(']');
}

// Facts, not advice: spending ahead of the plan by more than a fifth, and bills past their day.
void append_insights(json_out& out, const month_view& v) {
    constexpr std::size_t most = 5;
    std::size_t count = 0;
    out.key("insights").open('[');
    for (const auto& b : v.bills) {
        if (b.status != bill_status::overdue || count == most) continue;
        ++count;
        out.open('{').field("kind", "bill_overdue").field("bill_id", b.what.id).field("name", b.what.name);
        out.field("date", b.what.day).money("money", b.what.value).close('}');
    }
    for (const auto& c : v.categories) {
        if (!c.planned || count == most) continue;
        wide expected = 0, spent = 0;
        for (int d = 0; d <= v.today_index && d < v.days(); ++d) {
            expected += c.baseline[at(d)];
            spent += c.spent[at(d)];
        }
        for (const auto& b : v.bills)
            if (b.what.category == c.id && b.what.day <= v.today) expected += b.what.value;
        if (expected <= 0 || spent * 5 <= expected * 6) continue;
        const auto so_far = narrow128(spent);
        const auto plan = narrow128(expected);
        if (!so_far || !plan) continue;
        ++count;
        out.open('{').field("kind", "pace").field("category", c.id).money("spent_money", *so_far);
        out.money("expected_money", *plan).close('}');
    }
    out.close(']');
}

void append_next_bills(json_out& out, const month_view& v) {
    constexpr std::size_t most = 5;
    std::size_t count = 0;
    out.key("next_bills").open('[');
    for (const auto& b : v.bills) {
        if (b.status == bill_status::paid || count == most) continue;
        ++count;
        append_bill(out, b);
    }
    if (v.budget) {
        for (const auto& o : v.budget->obligations) {  // of the next month's first two weeks
            if (o.day < v.over.next || count == most) continue;
            ++count;
            bill_view b;
            b.what = o;
            append_bill(out, b);
        }
    }
    out.close(']');
}

void append_goals(json_out& out, const month_view& v) {
    out.key("goals").open('[');
    if (v.budget) {
        for (const auto& g : v.budget->goals) {
            out.open('{').field("id", g.id).field("name", g.name).money("target_money", g.target);
            out.money("saved_money", g.saved).money("month_money", g.reserved).field("by", g.by).close('}');
        }
    }
    out.close(']');
}

}  // namespace

void append_moves(json_out& out, const month_view& v, const std::vector<cover_move>& moves) {
    const auto name = [&v](int category) -> std::string_view {
        return category == from_unallocated ? std::string_view("unallocated") : v.categories[at(category)].id;
    };
    out.key("moves").open('[');
    for (const auto& m : moves)
        out.open('{').field("from", name(m.from)).field("to", name(m.to)).money("money", m.value).close('}');
    out.close(']');
}

std::string calendar_json(const facts& f, const month_view& v) {
    json_out out(v.currency, 64 * 1024);
    out.open('{').field("month", format_month(v.over.label)).field("currency", v.currency);
    out.field("today", v.today).field("timezone", f.who.timezone).field("status", v.status());
    out.money("pool_money", v.budget ? v.budget->budget.pool.pool : 0);
    out.money("unallocated_money", v.budget ? v.budget->budget.unallocated : 0);
    append_moves(out, v, v.plan.moves);
    out.key("categories").open('[');
    for (const auto& c : v.categories) append_category(out, c);
    out.close(']').key("obligations").open('[');
    for (const auto& b : v.bills) append_bill(out, b);
    out.close(']').key("days").open('[');
    for (int d = 0; d < v.days(); ++d) append_day(out, v, d);
    out.close(']');
    append_check(out, v.plan.check);
    if (v.budget) append_infeasible(out, *v.budget);
    out.close('}');
    return std::move(out.text);
}

std::string day_json(const facts& f, const month_view& v, int day) {
    json_out out(v.currency, 8 * 1024);
    const auto date = v.over.day_at(day);
    const auto budget = v.budget_of(day);
    const auto spent = v.spent_of(day);
    out.open('{').field("date", date).field("month", format_month(v.over.label)).field("currency", v.currency);
    out.field("today", v.today);
    append_numbers(out, budget, spent);
    out.money("left_money", budget - spent).key("categories").open('[');
    for (const auto& c : v.categories) {
        if (!shown(c, day)) continue;
        out.open('{').field("category", c.id).field("class", class_name(c.cls));
        out.money("baseline_money", c.baseline[at(day)]);
        append_numbers(out, c.budget[at(day)], c.spent[at(day)]);
        out.money("left_money", c.budget[at(day)] - c.spent[at(day)]).close('}');
    }
    out.close(']').key("obligations").open('[');
    for (const auto& b : v.bills)
        if (b.what.day == date) append_bill(out, b);
    out.close(']').key("transactions").open('[');
    for (const auto& t : f.transactions) append(out, t);
    out.close(']').close('}');
    return std::move(out.text);
}

std::string today_json(const facts& f, const month_view& v, const std::vector<month_view>& near) {
    json_out out(v.currency, 8 * 1024);
    const int day = v.today_index;
    const auto budget = v.budget_of(day);
    const auto spent = v.spent_of(day);
    out.open('{').field("date", v.today).field("month", format_month(v.over.label)).field("currency", v.currency);
    out.field("timezone", f.who.timezone).field("status", v.status());
    append_numbers(out, budget, spent);
    out.money("left_money", budget - spent).key("categories").open('[');
    for (const auto& c : v.categories) {
        if (!shown(c, day)) continue;
        out.open('{').field("category", c.id).field("class", class_name(c.cls));
        append_numbers(out, c.budget[at(day)], c.spent[at(day)]);
        out.money("left_money", c.budget[at(day)] - c.spent[at(day)]).close('}');
    }
    out.close(']');
    append_week(out, v, near);
    append_goals(out, v);
    append_next_bills(out, v);
    out.key("last_transactions").open('[');
    for (const auto& t : f.transactions) append(out, t);
    out.close(']');
    append_insights(out, v);
    out.close('}');
    return std::move(out.text);
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
