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

std::vector<period_ptr> month_facts::revisions_of(civil_day first) const {
    std::vector<period_ptr> out;
    for (const auto& p : periods)
        if (p->start() == first) out.push_back(p);
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
    const auto over = rules.containing(what.day);
    auto found = std::ranges::find(expects, over, &month_expects::over);
    if (found != expects.end() && !found->out_of_reach) return;
    if (found == expects.end()) {
        expects.push_back({over, {}, {}, true});
        found = std::prev(expects.end());
    }
    if (what.income)
        found->incomes.push_back({id, {}, what.category, what.day, 0});
    else
        found->bills.push_back({id, {}, what.category, what.day, 0});
}

std::optional<civil_day> month_facts::due_day_of(std::string_view occurrence) const {
    if (occurrence.empty()) return std::nullopt;
    const auto key = occurrence_key(occurrence);
    const auto same = [key](const auto& o) { return occurrence_key(o.id) == key; };
    for (const auto& m : expects) {
        const auto bill = std::ranges::find_if(m.bills, same);
        if (bill != m.bills.end()) return bill->day;
        const auto income = std::ranges::find_if(m.incomes, same);
        if (income != m.incomes.end()) return income->day;
    }
    return day_of_link(occurrence);
}

plan_start month_facts::next_start() const {
    auto start = after(*last_opened(), rules);
    start.cover = who.cover;
    // What is due of a calendar month in a period that is open is no more of one to come, wherever its bill has moved.
    const auto reach = clamped_day(month_of(start.over.start), 1);
    for (const auto& m : expects) {
        if (m.out_of_reach || m.over.start >= start.over.start) continue;
        for (const auto& o : m.bills) {
            if (o.day < reach) continue;
            start.known.insert(start.known.begin(), o);
            start.known.front().kept = true;
        }
    }
    return start;
}

planned_until so_far(const loaded_month& got) {
    const auto last = got.facts.last_opened();
    return {got.today, last ? std::optional{last->over().next} : std::nullopt};
}

void month_facts::expect_months_to_come() {
    const auto last = last_opened();
    if (!last || inputs_text.empty() || !who.planned_from) return;
    const auto inputs = in_force();
    rules = inputs.periods;
    plan_start from;
    const auto next = next_start();
    from.known = next.known;
    const auto furthest = clamped_day(month_of(last->over().last_day()) + std::chrono::months{reach_months}, 31);
    const auto count = static_cast<int>(rules.steps(last->start(), furthest));
    const auto planned = plan_months(inputs, book, *who.planned_from, next, count);
    auto over = next.over;
    for (int i = 0; i < count; ++i, over = rules.next(over)) {
        month_expects to_come{over, {}, incomes_of(inputs, over), false};
        for (auto& o : occurrences_around(inputs, over, *who.planned_from, from))
            if (over.contains(o.day)) to_come.bills.push_back(std::move(o));
        allow_parts(to_come.bills, planned ? (*planned)[static_cast<std::size_t>(i)].budget : last->budget);
        expects.push_back(std::move(to_come));
    }
}

}  // namespace mita::finance
