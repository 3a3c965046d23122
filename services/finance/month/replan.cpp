#include "finance/month/replan.hpp"

#include "finance/month/carry.hpp"
#include "finance/month/headroom.hpp"
#include "finance/month/settlements.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

// Which part of the inputs leaves the range of exact amounts; each list's own sum has been found to fit.
std::string_view part_beyond_range(const plan_inputs& a) {
    wide sum = a.buffer;
    for (const auto& b : a.bills) sum += b.value;
    for (const auto& t : a.transfers) sum += t.value;
    for (const auto& i : a.installments)
        for (const auto& p : schedule_of(i.what)) sum += p.whole();
    if (!narrow128(sum)) return "/buffer_money";
    for (const auto& g : a.goals) sum += g.target;
    return narrow128(sum) ? "/categories" : "/goals";
}

// What is due and was: paid occurrences and those of past days are facts, which replanning leaves as they are.
std::vector<obligation> occurrences_so_far(const month_facts& f, civil_day today) {
    const settlements paid(f);
    const auto last = f.last_opened();
    std::vector<obligation> out;
    for (const auto& m : f.expects) {
        if (m.out_of_reach) continue;
        for (auto o : m.bills) {
            o.kept = o.day < today || !paid.of_bill(o.id).entries.empty();
            if (o.kept || m.over.start <= last->start()) out.push_back(std::move(o));
        }
    }
    return out;
}

}  // namespace

std::vector<stored_period> replanned(const loaded_month& got, const plan_inputs& a, civil_day today,
                                     std::string_view named) {
    const auto now = a.periods.containing(today);
    const auto& who = got.facts.who;
    const auto last = got.facts.last_opened();
    const auto revisions = got.facts.revisions_of(now.start);
    plan_start from;
    from.over = now;
    from.chain_from = now.start;
    int count = 1;
    if (!revisions.empty())
        from = again(*revisions.back());
    else if (last && last->start() < now.start)
        from = after(*last, a.periods);
    if (!from.swept.empty()) {
        const auto swept = swept_before(got.facts, std::min(last->start(), now.start), today);
        for (auto& [goal, sum] : from.swept) sum = sum_of(swept, goal);
    }
    from.joining = who.onboarded_on.value_or(today);
    from.cover = who.cover;
    from.known = occurrences_so_far(got.facts, today);
    from.since = today;
    if (who.plan_version > 0) {
        const auto before = got.facts.in_force();
        for (const auto& b : before.bills) from.planned.insert(b.id);
        for (const auto& t : before.transfers) from.planned.insert(t.id);
    }
    if (last && last->start() > now.start) count += static_cast<int>(a.periods.steps(now.start, last->start()));
    const auto planned_from = std::min(who.planned_from.value_or(today), today);
    auto planned = plan_months(a, got.facts.book, planned_from, from, count);
    if (!planned) throw amount_overflow(named.empty() ? part_beyond_range(a) : named);
    for (auto& p : *planned) {
        const auto known = got.facts.revisions_of(p.start());
        if (known.empty()) continue;
        const auto from_day = std::max(today, p.start());
        const bool replaces = known.back()->from_day >= from_day;  // nobody has seen a morning of it
        p.revision = replaces ? known.back()->revision : known.back()->revision + 1;
        p.from_day = from_day;
    }
    for (const auto& p : *planned) {
        auto all = got.facts.revisions_of(p.start());
        all.push_back(std::make_shared<const stored_period>(p));
        if (!headroom_of(got.facts, p.over(), all).fits())
            throw amount_overflow(named.empty() ? "/incomes" : named);  // beside what came back
    }
    return std::move(*planned);
}

}  // namespace mita::finance
