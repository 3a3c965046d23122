#include "finance/month/headroom.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

wide budgets_of(const stored_period& p, const period& over) {
    wide sum = std::max<amount>(0, p.budget.unallocated);
    for (const auto& c : p.budget.categories) sum += c.daily_part;
    for (const auto& o : p.obligations)
        if (over.contains(o.day) && of_budget(o)) sum += o.value;
    return sum;
}

}  // namespace

headroom headroom_of(const month_facts& f, const period& over, const std::vector<period_ptr>& revisions) {
    headroom load;
    for (const auto& a : f.actuals) {
        if (!over.contains(a.day)) continue;
        load.out += wide{a.spent} + a.received;
        load.in += a.received;
        const auto* entry = f.book.find(a.category);
        if (entry == nullptr || entry->cls != category_class::income) load.back += a.received;
    }
    for (const auto& p : revisions) load.budget = std::max(load.budget, budgets_of(*p, over));
    return load;
}

}  // namespace mita::finance
