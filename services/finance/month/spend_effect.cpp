#include "finance/month/spend_effect.hpp"

#include "finance/month/headroom.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/refusals.hpp"

#include <utility>

namespace mita::finance {

std::optional<spend_effect> effect_of(const month_facts& f, civil_day today) {
    const auto v = view_month(f, today, today);
    if (!headroom_of(f, v.over, f.revisions_of(v.over.start)).fits()) throw amount_overflow();
    if (!v.budget) return std::nullopt;
    spend_effect e;
    e.now = numbers_of(f, v);
    e.uncovered = e.now.seen.now.uncovered;
    e.moves = named_moves(v, e.now.seen.moves);
    return e;
}

void append(json_out& out, const spend_effect& e) {
    const auto& now = e.now;
    out.open('{').key("today").open('{').money("budget_money", now.budget).money("spent_money", now.spent);
    out.money("left_money", now.budget - now.spent).close('}');
    append_members(out, &now);
    out.key("moves");
    append(out, e.moves);
    out.money("uncovered_money", e.uncovered).close('}');
}

}  // namespace mita::finance
