// What pays which bill and what is which expected income, over every month the facts know: computed once per look, the
// same in every view of every month. Pure. Used by the engine's input, by what views show of bills and incomes, and by
// replanning, which leaves alone what is paid.
#pragma once

#include "finance/month/month_facts.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

// What has been booked for one occurrence; indexes into month_facts::payments, by day, then value.
struct settlement {
    std::vector<std::size_t> entries;
    std::optional<civil_day> settled_on;  // since when it is met as far as it will be
};

class settlements {
public:
    explicit settlements(const month_facts& f);

    // Of the occurrence with this id, moved or not since; empty for one nothing was booked for or nobody knows.
    const settlement& of_bill(std::string_view id) const { return find(bills_, id); }
    const settlement& of_income(std::string_view id) const { return find(incomes_, id); }

    // Per payment: the first day of the month of the bill it pays.
    const std::vector<std::optional<civil_day>>& months_paid() const { return months_paid_; }
    // Per payment: whether an income expected it.
    const std::vector<bool>& expected() const { return expected_; }

private:
    using by_key = std::map<std::string, settlement, std::less<>>;
    static const settlement& find(const by_key& in, std::string_view id);

    by_key bills_, incomes_;
    std::vector<std::optional<civil_day>> months_paid_;
    std::vector<bool> expected_;
};

// Whether the category's entries are incomes.
bool is_income(const month_facts& f, std::string_view category);
// Before the person's plan began: no money of it.
bool before_plan(const month_facts& f, civil_day day);
// Of those the days that stand in the plan's own first month.
bool in_first_month_before_plan(const month_facts& f, civil_day day);

}  // namespace mita::finance
