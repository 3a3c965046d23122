#include "finance/plan/plan_months.hpp"

#include "finance/plan/goal_pace.hpp"
#include "finance/plan/installment_parts.hpp"
#include "finance/plan/month_budgets.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace mita::finance {

namespace {

// Payments count from 7 days before to 7 after a bill, so bills of two weeks around compete for them.
constexpr std::chrono::days around{14};

bool rolls(const stored_period& p) {
    return std::ranges::any_of(p.budget.categories, [](const auto& c) { return c.roll.kind != rollover_kind::none; });
}

const obligation* occurrence_in(const std::vector<obligation>& known, const std::string& bill, const due_day& due) {
    const auto found = std::ranges::find_if(known, [&](const obligation& o) {
        return owner_of(o.id) == bill && month_of(o.day) == month_of(due.day) && number_of(o.id) == due.number;
    });
    return found == known.end() ? nullptr : &*found;
}

// A part that is a fact already; another is what its schedule says, whatever was planned before.
bool is_kept(const std::vector<obligation>& known, const obligation& part) {
    return std::ranges::any_of(
        known, [&part](const obligation& o) { return o.kept && occurrence_key(o.id) == occurrence_key(part.id); });
}

std::vector<category_request> requests_of(const plan_inputs& a, const category_book& book,
                                          const std::vector<obligation>& due, const period& over) {
    std::vector<category_request> out;
    const auto wanted = asked_of(a, over);
    for (const auto& entry : book.entries()) {
        if (entry.cls == category_class::income) continue;
        const auto given = std::ranges::find(wanted.categories, entry.id, &plan_inputs::category::id);
        const bool asked = given != wanted.categories.end();
        const bool weighted = wanted.default_weights && !entry.archived && entry.weight_bp > 0;
        const auto has = [&entry](const auto& x) { return x.category == entry.id; };
        const bool has_bill = std::ranges::any_of(a.bills, has) || std::ranges::any_of(a.transfers, has) ||
                              std::ranges::find(due, entry.id, &obligation::category) != due.end();
        const auto moved_here = [&](const auto& m) { return m.month == over.start && m.to == entry.id; };
        if (!asked && !weighted && !has_bill && std::ranges::none_of(a.moves, moved_here)) continue;
        category_request r;
        r.id = entry.id;
        r.cls = entry.cls;
        if (weighted) r.weight = entry.weight_bp;
        if (asked) {
            r.budget = given->budget;
            r.weight = given->weight.value_or(0);
            r.rule = given->rule;
            r.roll = given->roll;
            r.weights = given->weights;
            r.guarded = given->guarded;
        }
        out.push_back(std::move(r));
    }
    return out;
}

// What the months after will expect, so that what comes in near the edge is read with this one. Of a calendar month its
// incomes of each month say so themselves.
std::vector<expected_income> incomes_ahead_of(const plan_inputs& a, const period& over) {
    plan_inputs own;
    const bool all = over != period_of(month_of(over.start));
    std::ranges::copy_if(a.incomes, std::back_inserter(own.incomes),
                         [all](const auto& i) { return all || i.more.rule.has_value(); });
    return incomes_of(own, {over.next, over.next + around});
}

// As far as it is there: a budget that was made smaller since gives what it has.
void move_between(std::vector<category_budget>& parts, const plan_inputs::move& m) {
    const auto from = std::ranges::find(parts, m.from, &category_budget::id);
    const auto to = std::ranges::find(parts, m.to, &category_budget::id);
    if (from == parts.end() || to == parts.end()) return;
    const auto value = std::min(m.value, from->daily_part);
    from->daily_part -= value;
    to->daily_part += value;
}

std::optional<amount> known_of(const std::vector<std::pair<std::string, amount>>& sums, const std::string& goal) {
    const auto found = std::ranges::find(sums, goal, &std::pair<std::string, amount>::first);
    if (found == sums.end()) return std::nullopt;
    return found->second;
}

// What the month's days leave under policy save goes to the first goal that still wants something; else to nobody.
void choose_swept(stored_period& p, const plan_inputs& a, const pool_input& in) {
    const auto saves = [](const auto& c) { return c.rule.kind == policy_kind::save; };
    if (std::ranges::none_of(p.budget.categories, saves)) return;
    for (std::size_t i = 0; i < a.goals.size(); ++i) {
        if (a.goals[i].paused || in.goals[i].saved >= in.goals[i].target) continue;
        p.goals[i].sweeps = true;
        return;
    }
}

// When it is to be reached: by its date, or when its months' amounts will do.
civil_day expected_by(const plan_inputs& a, const plan_inputs::goal& g, amount saved, const period& over) {
    if (g.by) return *g.by;
    const auto monthly = g.monthly.value_or(0);
    const auto now = each_of(a.periods, monthly, over);
    const auto then = reached_in(a.periods, over, g.target - saved, now, monthly);
    return then.value_or(a.periods.ahead(over, most_periods_ahead)).last_day();
}

bool is_before_joining(const period& over, const plan_start& from) { return over.next <= from.joining; }

outcome<stored_period> plan_month(const plan_inputs& a, const category_book& book, civil_day planned_from,
                                  const plan_start& from) {
    stored_period p;
    const auto& over = from.over;
    const bool joining = over.contains(planned_from);
    p.from_day = joining ? planned_from : over.start;
    p.chain_from = from.chain_from;
    p.plan_version = from.plan_version;
    p.cover = from.cover;
    p.obligations = occurrences_around(a, over, planned_from, from);
    p.incomes = incomes_of(a, over);
    p.incomes_ahead = incomes_ahead_of(a, over);
    std::vector<obligation> due;
    for (const auto& o : p.obligations)
        if (over.contains(o.day) && of_budget(o)) due.push_back(o);
    pool_input in;
    for (const auto& i : p.incomes) in.incomes.push_back(i.value);
    for (const auto& o : due) in.obligations.push_back(o.value);
    for (const auto& g : a.goals) {
        const auto saved = known_of(from.saved, g.id).value_or(0);
        const auto swept = known_of(from.swept, g.id);
        const auto all = narrow128(wide{saved} + g.contributed + swept.value_or(0));
        if (!all) return fault::amount_overflow;
        const auto now = is_before_joining(over, from) ? a.periods.containing(from.joining) : over;
        const auto left = g.by ? static_cast<int>(std::max<std::int64_t>(0, a.periods.steps(now.start, *g.by))) + 1 : 1;
        const auto each = g.monthly ? std::optional{each_of(a.periods, *g.monthly, now)} : std::nullopt;
        in.goals.push_back({g.target, *all, left, each, g.paused});
        p.goals.push_back({g.id, g.name, g.target, expected_by(a, g, *all, now), saved, 0, false, swept});
    }
    in.buffer = a.buffer;
    auto opened = open_period(over, joining ? over.offset(planned_from) : 0, in, requests_of(a, book, due, over));
    if (!opened) return opened.error();
    p.budget = std::move(*opened);
    for (const auto& m : a.moves)
        if (m.month == over.start) move_between(p.budget.categories, m);
    for (std::size_t i = 0; i < p.goals.size(); ++i) p.goals[i].reserved = p.budget.pool.goals[i];
    if (!is_before_joining(over, from)) choose_swept(p, a, in);
    allow_parts(p.obligations, p.budget);
    return p;
}

}  // namespace

std::vector<expected_income> incomes_of(const plan_inputs& a, const period& over) {
    std::vector<expected_income> out;
    for (auto month = month_of(over.start); month <= month_of(over.last_day()); month += std::chrono::months{1})
        for (const auto& i : a.incomes)
            for (const auto& due : due_in(month, i.day, i.more))
                if (over.contains(due.day))
                    out.push_back({occurrence_id(i.id, due), i.name, i.category, due.day, i.value});
    std::ranges::sort(out, {}, [](const expected_income& i) { return std::tie(i.day, i.name, i.id); });
    return out;
}

std::vector<obligation> occurrences_around(const plan_inputs& a, const period& over, civil_day planned_from,
                                           const plan_start& from) {
    const auto& known = from.known;
    std::vector<obligation> out;
    const auto first_known = a.periods.containing(planned_from).start;
    const auto add = [&](obligation o) {
        if (o.day >= over.start - around && o.day < over.next + around && o.day >= first_known)
            out.push_back(std::move(o));
    };
    const auto last = month_of(over.last_day() + around);
    for (auto month = month_of(over.start - around); month <= last; month += std::chrono::months{1}) {
        const auto occur = [&](const auto& x, const std::optional<route>& between) {
            for (const auto& due : due_in(month, x.day, x.more)) {
                const auto* former = occurrence_in(known, x.id, due);
                if (former != nullptr && former->kept) continue;
                if (former == nullptr && x.more.rule && due.day < from.since && from.planned.contains(x.id)) continue;
                obligation o{former != nullptr ? former->id : occurrence_id(x.id, due), x.name, x.category, due.day,
                             x.value};
                o.least = x.more.other_end.value_or(0);
                o.between = between;
                add(std::move(o));
            }
        };
        for (const auto& b : a.bills) occur(b, std::nullopt);
        for (const auto& t : a.transfers) occur(t, t.between);
    }
    for (const auto& i : a.installments) {
        if (last_day_of(i) < over.start - around) continue;
        for (auto& o : parts_of(i))
            if (!is_kept(known, o)) add(std::move(o));
    }
    for (const auto& o : known)
        if (o.kept) add(o);
    std::ranges::sort(out, {}, [](const obligation& o) { return std::tie(o.day, o.name, o.id); });
    const auto twice = std::ranges::unique(out, {}, &obligation::id);  // a fact known from two months
    out.erase(twice.begin(), twice.end());
    return out;
}

void allow_parts(std::vector<obligation>& bills, const period_budget& budget, civil_day since) {
    for (auto& o : bills) {
        if (o.day < since || !of_budget(o)) continue;
        const auto found = std::ranges::find(budget.categories, o.category, &category_budget::id);
        o.parts = found == budget.categories.end() || found->daily_part == 0;
    }
}

plan_start after(const stored_period& last, const period_rules& by) {
    plan_start s;
    s.over = by.next(last.over());
    for (const auto& g : last.goals) {
        s.saved.emplace_back(g.id, g.saved + g.reserved);
        if (g.sweeps || g.swept) s.swept.emplace_back(g.id, g.swept.value_or(0));
    }
    s.chain_from = rolls(last) || !s.swept.empty() ? last.chain_from : s.over.start;
    s.plan_version = last.plan_version;
    s.cover = last.cover;
    s.known = last.obligations;
    return s;
}

plan_start again(const stored_period& same) {
    plan_start s;
    s.over = same.over();
    s.chain_from = same.chain_from;
    for (const auto& g : same.goals) {
        s.saved.emplace_back(g.id, g.saved);
        if (g.swept) s.swept.emplace_back(g.id, *g.swept);
    }
    s.plan_version = same.plan_version;
    s.cover = same.cover;
    s.known = same.obligations;
    return s;
}

outcome<std::vector<stored_period>> plan_months(const plan_inputs& a, const category_book& book, civil_day planned_from,
                                                const plan_start& from, int count) {
    std::vector<stored_period> out;
    plan_start start = from;
    for (int i = 0; i < count; ++i) {
        auto p = plan_month(a, book, planned_from, start);
        if (!p) return p.error();
        auto next = after(*p, a.periods);
        if (is_before_joining(p->over(), from)) {
            next.chain_from = next.over.start;
            next.saved = std::move(start.saved);
        }
        next.known.insert(next.known.begin(), start.known.begin(), start.known.end());  // what is known counts first
        // Nothing looks further back than that month: else a preview of a hundred years costs their square.
        const auto reach = clamped_day(month_of(next.over.start - around), 1);
        std::erase_if(next.known, [reach](const obligation& o) { return o.day < reach; });
        start = std::move(next);
        start.joining = from.joining;
        start.cover = from.cover;
        out.push_back(std::move(*p));
    }
    // Bills of the weeks after a month are the next one's, by its budgets. Past the range they are as the last one has.
    const auto next = plan_month(a, book, planned_from, start);
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto* then = i + 1 < out.size() ? &out[i + 1] : next ? &*next : nullptr;
        if (then != nullptr) allow_parts(out[i].obligations, then->budget, then->start());
    }
    return out;
}

}  // namespace mita::finance
