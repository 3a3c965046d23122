#include "finance/month/spend_effect.hpp"

#include "finance/domain/verdict.hpp"
#include "finance/month/headroom.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/refusals.hpp"

#include <utility>

namespace mita::finance {

std::optional<spend_effect> effect_of(const month_facts& f, civil_day today) {
    const auto v = view_month(f, month_of(today), today);
    if (!headroom_of(f, v.over, f.revisions_of(v.over.label)).fits()) throw amount_overflow();
    if (!v.budget) return std::nullopt;
    const auto seen = look(v.in, std::nullopt);
    if (!seen) require(seen.error());
    const auto& now = seen->now;
    spend_effect e;
    e.budget = now.today.budget;
    e.spent = now.today.spent;
    e.tomorrow = now.tomorrow ? now.tomorrow : first_day_after(f, v, std::nullopt);
    e.uncovered = now.uncovered;
    e.moves = named_moves(v, seen->moves);
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
