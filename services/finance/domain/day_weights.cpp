#include "finance/domain/day_weights.hpp"

#include <algorithm>
#include <map>

namespace mita::finance {
namespace {

constexpr amount mean_weight = 1000;
constexpr amount pull_to_uniform = 8;

amount clamped(amount weight) { return std::clamp<amount>(weight, 0, max_weight); }

// Lower of the two middle values for an even number: a single busy day of two proves nothing.
amount median(std::vector<amount>& values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

}  // namespace

day_weights weights_for(const weight_rule& rule, const period& over) {
    day_weights weights{};
    for (int d = 0; d < std::min(over.days(), max_days); ++d) {
        const auto i = static_cast<std::size_t>(d);
        switch (rule.kind) {
            case weight_kind::uniform:
            case weight_kind::history:
                weights[i] = 1;
                break;
            case weight_kind::weekday:
                weights[i] = clamped(rule.weekday[static_cast<std::size_t>(weekday_index(over.day_at(d)))]);
                break;
            case weight_kind::custom:
                weights[i] = i < rule.custom.size() ? clamped(rule.custom[i]) : 0;
                break;
        }
    }
    return weights;
}

weight_rule weights_from_history(std::span<const spent_day> history, civil_day from, civil_day to) {
    std::map<civil_day, wide> by_day;
    for (const auto& entry : history) {
        if (entry.day >= from && entry.day < to) by_day[entry.day] += entry.spent;
    }
    std::array<std::vector<amount>, 7> spent;
    for (auto day = from; day < to; day += std::chrono::days{1}) {
        const auto found = by_day.find(day);
        const wide sum = found == by_day.end() ? 0 : std::clamp<wide>(found->second, 0, max_amount);
        spent[static_cast<std::size_t>(weekday_index(day))].push_back(static_cast<amount>(sum));
    }
    std::array<amount, 7> medians{};
    wide total = 0;
    for (std::size_t w = 0; w < 7; ++w) {
        medians[w] = median(spent[w]);
        total += medians[w];
    }
    weight_rule rule;
    if (total == 0) return rule;
    rule.kind = weight_kind::weekday;
    const amount weeks = (to - from).count() / 7;
    for (std::size_t w = 0; w < 7; ++w) {
        const auto share = static_cast<amount>(wide{medians[w]} * 7 * mean_weight / total);
        rule.weekday[w] = (weeks * share + pull_to_uniform * mean_weight) / (weeks + pull_to_uniform);
    }
    return rule;
}

}  // namespace mita::finance
