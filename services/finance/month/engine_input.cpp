#include "finance/month/engine_input.hpp"

#include "finance/domain/bill_match.hpp"

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

std::vector<std::optional<std::size_t>> matches_of(const month_facts& f, const stored_period& p) {
    std::map<std::string_view, int> numbers;
    const auto number = [&numbers](std::string_view id) {
        return numbers.emplace(id, static_cast<int>(numbers.size())).first->second;
    };
    std::vector<expected_bill> bills;
    for (const auto& o : p.obligations) bills.push_back({o.id, number(o.category), o.day, o.value});
    std::vector<std::string> ids;
    for (const auto& pay : f.payments) ids.push_back(pay.transaction_id.str() + ":" + std::to_string(pay.n));
    std::vector<bill_payment> payments;
    for (std::size_t i = 0; i < f.payments.size(); ++i) {
        const auto& pay = f.payments[i];
        bill_payment b;
        b.id = ids[i];
        b.category = number(pay.category);
        b.booked_on = pay.booked_on;
        b.value = pay.value;
        b.link = pay.bill_id.empty() ? bill_link::automatic : bill_link::linked;
        b.bill_id = pay.bill_id;
        payments.push_back(b);
    }
    return match_bills(bills, payments);
}

namespace {

constexpr std::chrono::months remembered{3};  // facts_store.cpp reads as many before the months looked at

// How the person spent in the category in the three months before, as far back as they had joined or booked anything.
// Like a carry never stored: a late entry counts at once (P4).
day_weights weights_by_history(const month_facts& f, std::string_view category, const period& over) {
    auto from = over.next;
    if (f.who.onboarded_on) from = std::min(from, *f.who.onboarded_on);
    const auto earliest = period_of(over.label - remembered).start;
    std::vector<spent_day> spent;
    for (const auto& a : f.actuals) {
        if (a.day < earliest || a.day >= over.start) continue;
        from = std::min(from, a.day);
        if (a.category == category) spent.push_back({a.day, a.spent});
    }
    return weights_for(weights_from_history(spent, std::max(from, earliest), over.start), over);
}

}  // namespace

month_input input_of(const month_facts& f, const std::vector<column>& columns, const stored_period* p,
                     const period& over, int today, const carries& carried,
                     const std::vector<std::optional<std::size_t>>& paid) {
    month_input in;
    in.days = over.days();
    in.today = today;
    in.covering = f.who.cover && p != nullptr;
    in.categories.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) in.categories[i].cls = columns[i].cls;
    if (p != nullptr) {
        auto stored = month_from(p->budget, today);
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
        for (std::size_t i = 0; i < p->obligations.size(); ++i) {
            const auto& o = p->obligations[i];
            const auto at = index_in(columns, o.category);
            if (!over.contains(o.day) || !at) continue;
            bill b;
            b.day = over.offset(o.day);
            b.value = o.value;
            if (paid[i]) b.paid_on = over.offset(f.payments[*paid[i]].booked_on);
            if (o.day < *f.who.onboarded_on && !b.paid_on) continue;  // paid outside, before joining
            in.categories[*at].bills.push_back(b);
        }
    }
    for (const auto& a : f.actuals) {
        if (!over.contains(a.day)) continue;
        if (const auto at = index_in(columns, a.category))
            in.categories[*at].actual[static_cast<std::size_t>(over.offset(a.day))] += a.spent;
    }
    return in;
}

}  // namespace mita::finance
