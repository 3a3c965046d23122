#include "finance/month/cash_days.hpp"

#include <algorithm>

namespace mita::finance {

void cash_days::add(civil_day day, std::optional<amount> value) {
    if (value)
        move(day, *value);
    else
        exact = false;
}

void cash_days::move(civil_day day, amount value) {
    const auto same = std::ranges::find(days, day, &cash_day::day);
    if (same != days.end())
        same->value += value;
    else
        days.push_back({day, value});
}

std::optional<amount> cash_days::by(civil_day day) const {
    if (!exact) return std::nullopt;
    wide sum = 0;
    for (const auto& d : days)
        if (d.day <= day) sum += d.value;
    return narrow128(sum);
}

}  // namespace mita::finance
