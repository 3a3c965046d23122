#include "finance/month/price_change.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <tuple>
#include <vector>

namespace mita::finance {

namespace {

struct met_with {
    civil_day on, due;
    amount value;
};

// What each settled occurrence of the item was met with, the oldest first.
std::vector<met_with> settled_of(const month_facts& f, const settlements& met, const recurring& r, civil_day today) {
    std::vector<met_with> out;
    const auto add = [&](const std::string& id, civil_day due, const settlement& found) {
        if (owner_of(id) != r.id || !found.settled_on) return;
        wide sum = 0;
        for (const auto i : found.entries) sum += r.is_income() ? -f.payments[i].value : f.payments[i].value;
        if (const auto value = narrow128(sum)) out.push_back({*found.settled_on, due, *value});
    };
    for (const auto& m : f.expects) {
        if (m.out_of_reach || m.over.start > today) continue;
        for (const auto& o : m.bills) add(o.id, o.day, met.of_bill(o.id));
        for (const auto& i : m.incomes) add(i.id, i.day, met.of_income(i.id));
    }
    std::ranges::sort(out, {}, [](const met_with& m) { return std::tie(m.due, m.on); });
    return out;
}

}  // namespace

std::optional<price_change> price_change_of(const month_facts& f, const settlements& met, const recurring& r,
                                            civil_day today) {
    constexpr std::size_t before = 3;
    const auto all = settled_of(f, met, r, today);
    if (all.size() <= before) return std::nullopt;
    const auto& last = all.back();
    std::array<amount, before> former{};
    for (std::size_t i = 0; i < before; ++i) former[i] = all[all.size() - 1 - before + i].value;
    std::ranges::sort(former);
    const wide middle = former[1];
    const auto within = [middle](amount value, int percent) {
        return (value > middle ? value - middle : middle - value) * 100 <= middle * percent;
    };
    constexpr int alike = 8, moved = 2;
    if (!within(former.front(), alike) || !within(former.back(), alike)) return std::nullopt;
    if (within(last.value, moved) || last.value == r.value) return std::nullopt;
    if (last.value >= former.front() && last.value <= former.back()) return std::nullopt;
    return price_change{former[1], last.value, last.on};
}

}  // namespace mita::finance
