#include "finance/month/month_facts.hpp"

#include "finance/domain/entry_match.hpp"
#include "finance/plan/plan_months.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace mita::finance {

std::vector<payment> payments_of(const transaction& t) {
    const bool leaves = t.transfer_id && t.value < 0;
    std::vector<payment> out;
    if (t.bill_unlinked || !(t.counts || leaves)) return out;
    for (const auto& line : t.lines) {
        const int n = static_cast<int>(out.size()) + 1;
        out.push_back({t.id, n, line.category, t.booked_on, -line.value, t.bill_id, route_of(t)});
    }
    return out;
}

std::vector<period_ptr> month_facts::revisions_of(year_month month) const {
    std::vector<period_ptr> out;
    for (const auto& p : periods)
        if (p->month == month) out.push_back(p);
    return out;
}

period_ptr month_facts::last_opened() const { return periods.empty() ? nullptr : periods.back(); }

plan_inputs month_facts::in_force() const {
    auto a = plan_inputs_from_json(inputs_text);
    a.timezone = who.timezone;
    for (auto& g : a.goals) g.contributed = contributed_to(g.id);
    a.moves = moved;
    return a;
}

amount month_facts::contributed_to(std::string_view goal) const {
    const auto found = std::ranges::find(contributed, goal, &std::pair<std::string, amount>::first);
    return found == contributed.end() ? 0 : found->second;
}

bool month_facts::is_part(std::string_view occurrence) const {
    if (inputs_text.empty()) return false;
    const auto inputs = in_force();
    return std::ranges::find(inputs.installments, owner_of(occurrence), &plan_inputs::installment::id) !=
           inputs.installments.end();
}

void month_facts::know_linked(const std::string& id, const link_target& what) {
    const auto day = parse_day(std::string_view(id).substr(id.rfind(':') + 1));
    if (!day) return;
    auto found = std::ranges::find(expects, month_of(*day), &month_expects::month);
    if (found != expects.end() && !found->out_of_reach) return;
    if (found == expects.end()) {
        expects.push_back({month_of(*day), {}, {}, true});
        found = std::prev(expects.end());
    }
    if (what.income)
        found->incomes.push_back({id, {}, what.category, *day, 0});
    else
        found->bills.push_back({id, {}, what.category, *day, 0});
}

void month_facts::expect_months_to_come() {
    const auto last = last_opened();
    if (!last || inputs_text.empty() || !who.planned_from) return;
    const auto inputs = in_force();
    plan_start from;
    from.known = last->obligations;
    auto next = after(*last);
    next.cover = who.cover;
    const auto planned = plan_months(inputs, book, *who.planned_from, next, reach_months);
    for (int i = 1; i <= reach_months; ++i) {
        const auto over = period_of(last->month + std::chrono::months{i});
        month_expects to_come{over.label, {}, incomes_of(inputs, over), false};
        for (auto& o : occurrences_around(inputs, over, *who.planned_from, from))
            if (over.contains(o.day)) to_come.bills.push_back(std::move(o));
        allow_parts(to_come.bills, planned ? (*planned)[static_cast<std::size_t>(i) - 1].budget : last->budget);
        expects.push_back(std::move(to_come));
    }
}

}  // namespace mita::finance
