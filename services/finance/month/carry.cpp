#include "finance/month/carry.hpp"

#include "finance/month/headroom.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

void limit(carries& into, const headroom& load) {
    auto up = std::max<wide>(0, load.room_up());
    auto down = std::max<wide>(0, load.room_down());
    for (auto& [_, value] : into) {
        auto& room = value < 0 ? down : up;
        const auto part = std::min<wide>(room, value < 0 ? -value : value);
        room -= part;
        value = static_cast<amount>(value < 0 ? -part : part);
    }
    std::erase_if(into, [](const auto& c) { return c.second == 0; });
}

// A goal that came, or came again, has nothing of the months before.
void keep_known(swept_savings& swept, const stored_period& p) {
    std::erase_if(swept, [&p](const auto& s) {
        const auto found = std::ranges::find(p.goals, s.first, &stored_goal::id);
        return found == p.goals.end() || !found->swept;
    });
}

void sweep(swept_savings& swept, const stored_period& p, const month_plan& closed) {
    const auto to = std::ranges::find(p.goals, true, &stored_goal::sweeps);
    if (to == p.goals.end()) return;
    wide sum = 0;
    for (const auto& c : closed.categories) sum += c.swept;
    const auto value = static_cast<amount>(std::min<wide>(sum, max_amount));
    auto& of_goal = swept[to->id];
    if (value > 0) of_goal.insert(of_goal.begin(), {p.over(), value});
}

// Each goal has room for what its months and contributions put into it, and then for this, the oldest first.
void limit(swept_savings& swept, const month_facts& f, const stored_period& p) {
    for (const auto& g : p.goals) {
        const auto found = swept.find(g.id);
        if (found == swept.end()) continue;
        auto room = wide{max_amount} - g.saved - std::max<amount>(0, f.contributed_to(g.id));
        for (auto m = found->second.rbegin(); m != found->second.rend(); ++m) {
            m->value = static_cast<amount>(std::clamp<wide>(room, 0, m->value));
            room -= m->value;
        }
        std::erase_if(found->second, [](const month_saving& m) { return m.value == 0; });
    }
}

}  // namespace

from_before brought_into(const month_facts& f, const settlements& met, const std::vector<period_ptr>& revisions,
                         civil_day today) {
    from_before out;
    auto& into = out.into;
    const auto& p = *revisions.back();
    bool closed_all = true;
    period over;
    for (auto first = p.chain_from; first < p.start(); first = over.next) {
        over = f.rules.containing(first);
        const auto opened = f.revisions_of(first);
        closed_all = !opened.empty() && over.next <= today;
        if (!closed_all) break;
        limit(into, headroom_of(f, over, opened));
        const auto& last = *opened.back();
        const auto columns = columns_of(f, {opened.back()}, over, into);
        const auto in = input_of(f, met, columns, &last, over, today, into);
        month_plan closed;
        require(compute_month(in, closed));
        keep_known(out.swept, last);
        sweep(out.swept, last, closed);
        into.clear();
        for (const auto& c : last.budget.categories) {
            if (c.roll.kind == rollover_kind::none) continue;
            const auto at = index_in(columns, c.id);
            const auto carry = close_category(c.roll, closed.categories[*at].left_to_close()).carry_out;
            if (carry != 0) into.emplace(c.id, carry);
        }
    }
    if (!closed_all) into.clear();
    if (!into.empty()) limit(into, headroom_of(f, p.over(), revisions));
    keep_known(out.swept, p);
    limit(out.swept, f, p);
    return out;
}

swept_savings swept_before(const month_facts& f, civil_day first, civil_day today) {
    const auto revisions = f.revisions_of(first);
    if (revisions.empty() || revisions.back()->chain_from == first) return {};
    return brought_into(f, settlements(f), revisions, today).swept;
}

}  // namespace mita::finance
