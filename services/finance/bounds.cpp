#include "finance/bounds.hpp"

#include <algorithm>
#include <string>
#include <utility>

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

month_load load_of(const facts& f, const period& over, const std::vector<period_ptr>& revisions) {
    month_load load;
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

api_error amount_overflow(std::string_view pointer) {
    constexpr const char* detail = "A sum leaves the range of exact amounts (2^53 - 1 minor units).";
    std::vector<field_error> errors;
    if (!pointer.empty()) errors.push_back({std::string(pointer), "amount_overflow", detail});
    return {422, "amount_overflow", detail, std::move(errors)};
}

void require(fault why) {
    if (why != fault::none) throw amount_overflow();
}

}  // namespace mita::finance
