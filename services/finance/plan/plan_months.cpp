#include "finance/plan/plan_months.hpp"

#include <algorithm>
#include <tuple>

namespace mita::finance {

namespace {

// Payments count from 7 days before to 7 after a bill, so bills of two weeks around compete for them.
constexpr std::chrono::days around{14};

bool rolls(const stored_period& p) {
    return std::ranges::any_of(p.budget.categories, [](const auto& c) { return c.roll.kind != rollover_kind::none; });
}

std::vector<obligation> obligations_of(const plan_inputs& a, const period& over, civil_day planned_from) {
    std::vector<obligation> out;
    const civil_day first_known{period_of(month_of(planned_from)).start};
    for (int shift = -1; shift <= 1; ++shift) {
        const auto month = over.label + std::chrono::months{shift};
        for (const auto& b : a.bills) {
            const auto day = clamped_day(month, b.day);
            if (day < over.start - around || day >= over.next + around || day < first_known) continue;
            out.push_back({b.id + ":" + format_day(day), b.name, b.category, day, b.value});
        }
    }
    std::ranges::sort(out, {}, [](const obligation& o) { return std::tie(o.day, o.name, o.id); });
    return out;
}

std::vector<category_request> requests_of(const plan_inputs& a, const category_book& book) {
    std::vector<category_request> out;
    for (const auto& entry : book.entries()) {
        if (entry.cls == category_class::income) continue;
        const auto given = std::ranges::find(a.categories, entry.id, &plan_inputs::category::id);
        const bool asked = given != a.categories.end();
        const bool weighted = a.default_weights && !entry.archived && entry.weight_bp > 0;
        const bool has_bill = std::ranges::find(a.bills, entry.id, &plan_inputs::bill::category) != a.bills.end();
        if (!asked && !weighted && !has_bill) continue;
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
        }
        out.push_back(std::move(r));
    }
    return out;
}

outcome<stored_period> plan_month(const plan_inputs& a, const category_book& book, civil_day planned_from,
                                  const plan_start& from) {
    stored_period p;
    p.month = from.month;
    const auto over = period_of(from.month);
    const bool joining = over.contains(planned_from);
    p.from_day = joining ? planned_from : over.start;
    p.chain_from = from.chain_from;
    p.plan_version = from.plan_version;
    p.obligations = obligations_of(a, over, planned_from);
    pool_input in;
    for (const auto& i : a.incomes) in.incomes.push_back(i.value);
    for (const auto& o : p.obligations)
        if (over.contains(o.day)) in.obligations.push_back(o.value);
    for (const auto& g : a.goals) {
        const auto known = std::ranges::find(from.saved, g.id, &std::pair<std::string, amount>::first);
        const auto saved = known == from.saved.end() ? 0 : known->second;
        in.goals.push_back({g.target, saved, periods_until(period_of(std::max(from.month, from.joining)), g.by)});
        p.goals.push_back({g.id, g.name, g.target, g.by, saved, 0});
    }
    in.buffer = a.buffer;
    auto opened = open_period(over, joining ? over.offset(planned_from) : 0, in, requests_of(a, book));
    if (!opened) return opened.error();
    p.budget = std::move(*opened);
    for (std::size_t i = 0; i < p.goals.size(); ++i) p.goals[i].reserved = p.budget.pool.goals[i];
    return p;
}

}  // namespace

plan_start after(const stored_period& last) {
    plan_start s;
    s.month = last.month + std::chrono::months{1};
    s.chain_from = rolls(last) ? last.chain_from : s.month;
    for (const auto& g : last.goals) s.saved.emplace_back(g.id, g.saved + g.reserved);
    s.plan_version = last.plan_version;
    return s;
}

plan_start again(const stored_period& same) {
    plan_start s;
    s.month = same.month;
    s.chain_from = same.chain_from;
    for (const auto& g : same.goals) s.saved.emplace_back(g.id, g.saved);
    s.plan_version = same.plan_version;
    return s;
}

outcome<std::vector<stored_period>> plan_months(const plan_inputs& a, const category_book& book, civil_day planned_from,
                                                const plan_start& from, int count) {
    std::vector<stored_period> out;
    plan_start start = from;
    for (int i = 0; i < count; ++i) {
        auto p = plan_month(a, book, planned_from, start);
        if (!p) return p.error();
        auto next = after(*p);
        if (p->month < from.joining) {
            next.chain_from = next.month;
            next.saved = std::move(start.saved);
        }
        start = std::move(next);
        start.joining = from.joining;
        out.push_back(std::move(*p));
    }
    return out;
}

}  // namespace mita::finance
