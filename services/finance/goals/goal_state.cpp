#include "finance/goals/goal_state.hpp"

#include "finance/plan/goal_pace.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

std::optional<civil_day> reached_by(const goal_state& g, const period& over, const period_rules& by) {
    if (g.reached() || g.what.paused) return std::nullopt;
    if (g.what.by) return *g.what.by < over.start ? over.last_day() : *g.what.by;
    const auto then = reached_in(by, over, g.what.target - g.saved, g.month, g.what.monthly.value_or(0));
    if (!then) return std::nullopt;
    return then->last_day();
}

}  // namespace

std::string_view goal_state::state() const {
    if (reached()) return "reached";
    return what.paused ? "paused" : "active";
}

std::vector<goal_state> goals_of(const plan_inputs& inputs, const stored_period& p, const swept_savings& swept) {
    std::vector<goal_state> out;
    for (const auto& g : inputs.goals) {
        goal_state s;
        s.what = g;
        s.priority = static_cast<int>(out.size()) + 1;
        const auto planned = std::ranges::find(p.goals, g.id, &stored_goal::id);
        s.saved = g.contributed + sum_of(swept, g.id);
        if (planned != p.goals.end()) {
            s.saved += planned->saved;
            s.month = planned->reserved;
            const auto index = static_cast<std::size_t>(planned - p.goals.begin());
            for (const auto& b : p.budget.problem ? p.budget.problem->broken : std::vector<broken_reserve>())
                if (b.kind == reserve_kind::goal && b.index == index) s.missing += b.missing;
        }
        s.reached_by = reached_by(s, p.over(), inputs.periods);
        out.push_back(std::move(s));
    }
    return out;
}

void append(json_out& out, const goal_state& g, const std::string& currency, account_shown as) {
    out.open('{').field("id", g.what.id).field("name", g.what.name).field("priority", g.priority);
    out.field("state", g.state()).field("paused", g.what.paused);
    out.money("target_money", g.what.target, currency).money("saved_money", g.saved, currency);
    out.money("month_money", g.month, currency).money("missing_money", g.missing, currency);
    if (g.what.by)
        out.field("by", *g.what.by);
    else
        out.null("by");
    if (g.what.monthly)
        out.money("monthly_money", *g.what.monthly, currency);
    else
        out.null("monthly_money");
    if (g.reached_by)
        out.field("reached_by", *g.reached_by);
    else
        out.null("reached_by");
    if (g.what.account.empty())
        out.null("account_id");
    else
        out.field("account_id", g.what.account);
    if (as == account_shown::beside) {
        if (g.kept_in && g.kept_in->value)
            out.money("account_balance_money", *g.kept_in->value, g.kept_in->currency);
        else
            out.null("account_balance_money");
    }
    out.close('}');
}

std::string text_of(const goal_state& g, const std::string& currency, account_shown as) {
    json_out out;
    append(out, g, currency, as);
    return std::move(out.text);
}

}  // namespace mita::finance
