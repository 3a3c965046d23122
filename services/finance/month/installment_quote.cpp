#include "finance/month/installment_quote.hpp"

#include "finance/installments/installment_json.hpp"
#include "finance/month/month_view.hpp"
#include "finance/month/what_if.hpp"
#include "finance/plan/installment_parts.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t most_months_quoted = 12;
constexpr std::string_view blamed_part = "/principal_money/amount";

amount todays_budget(const month_facts& f, civil_day today) {
    const auto v = view_month(f, today, today);
    return v.budget_of(v.today_index);
}

amount given_budgets(const plan_inputs& a) {
    wide sum = 0;
    for (const auto& c : a.categories) sum += c.budget.value_or(0);
    return static_cast<amount>(sum);  // in range, as inputs are
}

installment_quote::month quoted_month(const month_facts& f, civil_day first, amount parts, amount given,
                                      civil_day today) {
    const auto v = view_month(f, first, today);
    const auto& budget = v.budget->budget;
    wide bound = wide{budget.pool.obligations} + budget.pool.buffer + given;
    for (const auto g : budget.pool.goals) bound += g;
    const auto narrow = narrow128(bound);
    if (!narrow) throw amount_overflow(blamed_part);
    installment_quote::month m{v.over, parts, budget.pool.income, *narrow, 0};
    if (budget.problem) m.shortfall = budget.problem->shortfall;
    return m;
}

}  // namespace

installment_quote quote_of(const loaded_month& got, const plan_inputs::installment& wanted) {
    what_if w{got.over, got.facts.in_force(), {}};
    w.plan->installments.push_back(wanted);
    const auto facts = facts_if(got, w, blamed_part);
    installment_quote q;
    q.today_before = todays_budget(got.facts, got.today);
    q.today = todays_budget(facts, got.today);
    std::map<civil_day, amount> parts;
    for (const auto& o : parts_of(wanted)) {
        const auto month = facts.rules.containing(o.day).start;
        if (parts.size() == most_months_quoted && !parts.contains(month)) break;
        parts[month] += o.value;
    }
    const auto given = given_budgets(*w.plan);
    for (const auto& [month, value] : parts) {
        q.months.push_back(quoted_month(facts, month, value, given, got.today));
        q.verdict = std::max(q.verdict, q.months.back().verdict());
    }
    return q;
}

std::string quote_json(const installment_quote& q, const plan_inputs::installment& wanted,
                       const std::string& currency) {
    json_out out(currency, 4096);
    out.open('{');
    append_quoted(out, wanted);
    out.key("affordability").open('{').field("verdict", affordability_name(q.verdict));
    out.key("today").open('{').money("budget_money", q.today).money("before_money", q.today_before).close('}');
    out.key("months").open('[');
    for (const auto& m : q.months) {
        out.open('{').field("month", format_period(m.over)).field("verdict", affordability_name(m.verdict()));
        out.money("parts_money", m.parts).money("income_money", m.income).money("bound_money", m.bound);
        if (const auto share = share_bp(m.income, m.bound))
            out.field("share_bp", *share);
        else
            out.null("share_bp");
        out.money("shortfall_money", m.shortfall).close('}');
    }
    out.close(']').close('}').close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
