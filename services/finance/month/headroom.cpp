#include "finance/month/headroom.hpp"

#include "finance/month/settlements.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

wide budgets_of(const stored_period& p, const period& over) {
    wide sum = std::max<amount>(0, p.budget.unallocated);
    for (const auto& c : p.budget.categories) sum += c.daily_part;
    for (const auto& o : p.obligations)
        if (over.contains(o.day)) sum += o.value;
    return sum;
}

}  // namespace

headroom headroom_of(const month_facts& f, const period& over, const std::vector<period_ptr>& revisions) {
    headroom load;
    for (const auto& a : f.actuals) {
        if (!over.contains(a.day)) continue;
        load.out += wide{a.spent} + a.received;
        load.in += a.received;
        const bool income = is_income(f, a.category);
        (income ? load.earned : load.back) += a.received;
        if (income) load.undone += wide{a.spent} + a.received;
    }
    wide unallocated = 0;
    wide expected = 0;
    for (const auto& p : revisions) {
        load.budget = std::max(load.budget, budgets_of(*p, over));
        unallocated = std::max<wide>(unallocated, p->budget.unallocated);
        expected = std::max<wide>(expected, p->knows_incomes ? p->budget.pool.income : 0);
    }
    load.earned += unallocated;
    load.undone += expected;
    return load;
}

}  // namespace mita::finance
