#include "finance/month/spend_effect.hpp"

#include "finance/month/headroom.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/refusals.hpp"

#include <utility>

namespace mita::finance {

std::optional<spend_effect> effect_of(const month_facts& f, civil_day today) {
    const auto v = view_month(f, month_of(today), today);
    if (!headroom_of(f, v.over, f.revisions_of(v.over.label)).fits()) throw amount_overflow();
    if (!v.budget) return std::nullopt;
    spend_effect e;
    e.budget = v.budget_of(v.today_index);
    e.spent = v.spent_of(v.today_index);
    if (!checked_sub(e.budget, e.spent)) throw amount_overflow();
    auto next = v.in;
    step_to_tomorrow(next);
    month_plan plan;
    if (compute_month(next, plan) != fault::none) throw amount_overflow();
    wide budget = 0;
    wide uncovered = 0;
    for (const auto& c : plan.categories) {
        if (next.today < next.days) budget += c.day_budget(next.today);
        uncovered += c.uncovered;
    }
    const auto tomorrow = narrow128(budget);
    const auto open = narrow128(uncovered);
    if (!tomorrow || !open) throw amount_overflow();
    e.tomorrow = next.today < next.days ? tomorrow : first_day_after(f, v, std::nullopt);
    e.uncovered = *open;
    e.moves = named_moves(v, plan.moves);
    return e;
}

void append(json_out& out, const spend_effect& e) {
    out.open('{').key("today").open('{').money("budget_money", e.budget).money("spent_money", e.spent);
    out.money("left_money", e.budget - e.spent).close('}');
    if (e.tomorrow)
        out.key("tomorrow").open('{').money("budget_money", *e.tomorrow).close('}');
    else
        out.null("tomorrow");
    out.key("moves");
    append(out, e.moves);
    out.money("uncovered_money", e.uncovered).close('}');
}

}  // namespace mita::finance
