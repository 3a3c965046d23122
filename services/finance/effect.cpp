#include "finance/effect.hpp"

#include "finance/bounds.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

std::vector<plan_move> named_moves(const month_view& v, const std::vector<cover_move>& moves) {
    const auto name = [&v](int i) {
        return i == from_unallocated ? std::string("unallocated") : v.categories[static_cast<std::size_t>(i)].id;
    };
    std::vector<plan_move> out;
    for (const auto& m : moves) out.push_back({name(m.from), name(m.to), m.value});
    return out;
}

void append(json_out& out, const std::vector<plan_move>& moves) {
    out.open('[');
    for (const auto& m : moves)
        out.open('{').field("from", m.from).field("to", m.to).money("money", m.value).close('}');
    out.close(']');
}

void add_entry(facts& f, const transaction& t) {
    int n = 0;
    for (const auto& line : t.lines) {
        const auto received = std::max<amount>(0, line.value);
        const auto same = std::ranges::find_if(
            f.actuals, [&](const auto& a) { return a.day == t.booked_on && a.category == line.category; });
        if (same == f.actuals.end()) {
            f.actuals.push_back({t.booked_on, line.category, -line.value, received});
        } else {
            const auto sum = checked_sub(same->spent, line.value);
            const auto in = checked_add(same->received, received);
            if (!sum || !in) throw amount_overflow();
            same->spent = *sum;
            same->received = *in;
        }
        payment p;
        p.transaction_id = t.id;
        p.n = ++n;
        p.category = line.category;
        p.booked_on = t.booked_on;
        p.value = -line.value;
        p.bill_id = t.bill_id;
        if (!t.bill_unlinked) f.payments.push_back(std::move(p));
    }
}

void take_out(facts& f, const transaction& t) {
    for (const auto& line : t.lines) {
        for (auto& a : f.actuals) {
            if (a.day != t.booked_on || a.category != line.category) continue;
            a.spent += line.value;
            a.received -= std::max<amount>(0, line.value);
        }
    }
    std::erase_if(f.payments, [&t](const auto& p) { return p.transaction_id == t.id; });
}

void require_room(loaded got, const transaction& t, const transaction* instead_of, std::string_view pointer) {
    auto& f = got.f;
    try {
        if (instead_of != nullptr) take_out(f, *instead_of);
        add_entry(f, t);
        auto revisions = f.revisions_of(month_of(t.booked_on));
        const auto v = view_month(f, month_of(t.booked_on), got.today);
        if (v.preview) revisions.push_back(v.budget);
        if (load_of(f, v.over, revisions).fits()) return;
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    throw amount_overflow(pointer);
}

std::optional<ledger_effect> effect_of(facts f, const transaction& t, civil_day today) {
    add_entry(f, t);
    const auto v = view_month(f, month_of(today), today);
    if (!load_of(f, v.over, f.revisions_of(v.over.label)).fits()) throw amount_overflow();
    if (!v.budget) return std::nullopt;
    ledger_effect e;
    e.budget = v.budget_of(v.today_index);
    e.spent = v.spent_of(v.today_index);
    if (!checked_sub(e.budget, e.spent)) throw amount_overflow();
    auto next = v.in;
    ++next.today;
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

void append(json_out& out, const ledger_effect& e) {
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
