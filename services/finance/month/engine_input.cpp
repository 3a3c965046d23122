#include "finance/month/engine_input.hpp"

#include "finance/domain/recurrence.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mita::finance {

std::vector<column> columns_of(const month_facts& f, const std::vector<period_ptr>& revisions, const period& over,
                               const carries& carried) {
    std::map<std::string, category_class, std::less<>> found;
    const auto add = [&](const std::string& category) {
        const auto* entry = f.book.find(category);
        const auto cls = entry == nullptr ? category_class::discretionary : entry->cls;
        if (cls != category_class::income) found.emplace(category, cls);
    };
    for (const auto& a : f.actuals)
        if (over.contains(a.day) && !a.cancels()) add(a.category);
    for (const auto& [category, _] : carried) add(category);
    for (const auto& r : revisions)
        for (const auto& c : r->budget.categories) found.insert_or_assign(c.id, c.cls);
    std::vector<std::pair<std::size_t, column>> order;
    for (const auto& [id, cls] : found) order.emplace_back(f.book.position(id), column{id, cls});
    std::ranges::sort(order, {}, [](const auto& o) { return std::tie(o.first, o.second.id); });
    std::vector<column> out;
    for (auto& o : order) out.push_back(std::move(o.second));
    return out;
}

std::optional<std::size_t> index_in(const std::vector<column>& columns, std::string_view id) {
    const auto found = std::ranges::find(columns, id, &column::id);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

namespace {

constexpr int months_remembered = 3;  // facts_store.cpp reads as many before the months looked at

// How the person spent in the category in the three months before, as far back as they had joined or booked anything.
// Like a carry never stored: a late entry counts at once (P4).
day_weights weights_by_history(const month_facts& f, std::string_view category, const period& over) {
    auto from = over.next;
    if (f.who.onboarded_on) from = std::min(from, *f.who.onboarded_on);
    const auto earliest =
        clamped_day(month_of(over.start) - std::chrono::months{months_remembered}, day_in_month(over.start));
    std::vector<spent_day> spent;
    for (const auto& a : f.actuals) {
        if (a.day < earliest || a.day >= over.start) continue;
        from = std::min(from, a.day);
        if (a.category == category) spent.push_back({a.day, a.spent});
    }
    return weights_for(weights_from_history(spent, std::max(from, earliest), over.start), over);
}

// A bill of the period with what was paid for it; nullopt: it is no money of this plan (due before joining, and nothing
// of the plan paid it).
std::optional<bill> bill_of(const month_facts& f, const settlements& paid, const obligation& o, const period& over) {
    bill b;
    b.day = over.offset(o.day);
    b.value = o.value;
    const auto& found = paid.of_bill(o.id);
    if (found.settled_on) b.settled_on = over.offset(*found.settled_on);
    const bool due_before = before_plan(f, o.day);
    bool partly_before = false;
    amount paid_since = 0;
    for (const auto i : found.entries) {
        const auto& pay = f.payments[i];
        const bool before = before_plan(f, pay.booked_on);
        partly_before = partly_before || before;
        if (before && due_before) continue;
        constexpr int before_the_period = -1;  // paid for the plan, but not by its days
        b.payments.push_back({before ? before_the_period : over.offset(pay.booked_on), pay.value});
        paid_since += pay.value;
    }
    if (o.day < *f.who.onboarded_on && b.payments.empty()) return std::nullopt;
    if (due_before && partly_before) b.value = paid_since;
    if (b.settled_on != never && !b.payments.empty()) {
        // Settled by what is known here at the latest with its last payment.
        const auto last = std::ranges::max(b.payments, {}, &paid_part::on).on;
        b.settled_on = std::min(b.settled_on, last);
    }
    return b;
}

// What the incomes of the period bring; what came in before the plan moves nothing.
void add_incomes(const month_facts& f, const settlements& met, const stored_period& p, const period& over,
                 month_input& in) {
    for (const auto& x : p.incomes) {
        income i;
        i.day = over.offset(x.day);
        i.value = x.value;
        const auto& found = met.of_income(x.id);
        if (found.settled_on) i.settled_on = over.offset(*found.settled_on);
        bool before = false;
        for (const auto e : found.entries) {
            const auto& pay = f.payments[e];
            before = before || in_first_month_before_plan(f, pay.booked_on) ||
                     (before_plan(f, x.day) && before_plan(f, pay.booked_on));
            i.receipts.push_back({over.offset(pay.booked_on), -pay.value});
        }
        if (!before) in.incomes.push_back(std::move(i));
    }
    std::map<civil_day, amount> unexpected;
    for (const auto& a : f.actuals)
        if (over.contains(a.day) && !before_plan(f, a.day) && is_income(f, a.category)) unexpected[a.day] -= a.spent;
    for (std::size_t i = 0; i < f.payments.size(); ++i) {
        const auto found = unexpected.find(f.payments[i].booked_on);
        if (met.expected()[i] && found != unexpected.end()) found->second += f.payments[i].value;
    }
    for (const auto& [day, value] : unexpected)
        if (value != 0) in.windfalls.push_back({over.offset(day), value});
}

// Per day and column what was spent on this plan: not what pays other periods' bills, nothing before the plan.
void add_actuals(const month_facts& f, const settlements& paid, const std::vector<column>& columns, bool planned,
                 const period& over, month_input& in) {
    const auto add = [&](civil_day day, std::string_view category, amount value) {
        if (!over.contains(day) || (planned && before_plan(f, day))) return;
        if (const auto at = index_in(columns, category))
            in.categories[*at].actual[static_cast<std::size_t>(over.offset(day))] += value;
    };
    for (const auto& a : f.actuals) add(a.day, a.category, a.spent);
    for (std::size_t i = 0; planned && i < f.payments.size(); ++i) {
        const auto& month = paid.months_paid()[i];
        if (month && *month != over.start) add(f.payments[i].booked_on, f.payments[i].category, -f.payments[i].value);
    }
}

}  // namespace

month_input input_of(const month_facts& f, const settlements& met, const std::vector<column>& columns,
                     const stored_period* p, const period& over, civil_day today, const carries& carried) {
    month_input in;
    in.days = over.days();
    in.today = over.today_index(today);
    in.now = over.offset(today);
    in.covering = p != nullptr && p->cover;
    in.categories.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) in.categories[i].cls = columns[i].cls;
    if (p != nullptr) {
        auto stored = month_from(p->budget, in.today);
        in.unallocated = stored.unallocated;
        for (std::size_t i = 0; i < p->budget.categories.size(); ++i) {
            const auto& id = p->budget.categories[i].id;
            const auto at = index_in(columns, id);
            in.categories[*at] = std::move(stored.categories[i]);
            if (p->budget.categories[i].weights.kind == weight_kind::history)
                in.categories[*at].weights = weights_by_history(f, id, over);
        }
        // Also into a category this revision has dropped: what is carried is conserved (P6).
        for (const auto& [category, value] : carried)
            if (const auto at = index_in(columns, category)) in.categories[*at].carry_in = value;
        for (const auto& o : p->obligations) {
            const auto at = index_in(columns, o.category);
            if (!over.contains(o.day) || !at) continue;
            auto b = bill_of(f, met, o, over);
            if (b) in.categories[*at].bills.push_back(std::move(*b));
        }
        if (p->knows_incomes) add_incomes(f, met, *p, over, in);
    }
    add_actuals(f, met, columns, p != nullptr, over, in);
    return in;
}

}  // namespace mita::finance
