#include "finance/domain/day_plan.hpp"

#include <algorithm>
#include <span>

#include "finance/domain/allocate.hpp"

namespace mita::finance {
namespace {

using days_span = std::span<amount>;

amount sum_of(std::span<const amount> values) {
    amount sum = 0;
    for (const auto value : values) sum += value;
    return sum;
}

// Pinned days get their amount first, the others share the rest; too little for the pins: they share it.
void spread_pinned(const category_input& category, amount total, int days, int from, days_span out) {
    if (category.pinned.empty()) {
        const auto given = std::span{category.weights}.subspan(at(from), out.size());
        const auto sum = sum_of(given);
        if (sum > 0) return spread(total, given, sum, out);
    }
    const auto rest = tail_of(category, days, from, days - from);
    const auto weights = std::span{rest.weights}.first(out.size());
    day_amounts pins{};
    for (const auto& pin : category.pinned) {
        if (pin.day >= from) pins[at(pin.day - from)] += pin.value;
    }
    if (total < rest.pinned) return spread(total, std::span{pins}.first(out.size()), out);
    spread(total - rest.pinned, weights, out);
    for (std::size_t d = 0; d < out.size(); ++d) out[d] += pins[d];
}

// A debt is taken from the days in order, as far as each goes.
void eat(days_span plan, amount debt) {
    for (auto& day : plan) {
        if (debt == 0) return;
        const auto bite = std::min(debt, day);
        day -= bite;
        debt -= bite;
    }
}

// The deviation goes to the next `window` days alone; what a deficit cannot take there, the days give in order.
void apply_window(const category_input& category, amount gap, int days, int today, days_span plan) {
    const int count = std::min(category.rule.window, days - today);
    const auto next = tail_of(category, days, today, count);
    const auto weights = std::span{next.weights}.first(at(count));
    day_amounts parts;
    const auto shares = std::span{parts}.first(at(count));
    spread(gap < 0 ? -gap : gap, weights, shares);
    amount debt = 0;
    for (std::size_t d = 0; d < shares.size(); ++d) {
        const auto step = gap < 0 ? std::min(plan[d], shares[d]) : shares[d];
        plan[d] += gap < 0 ? -step : step;
        debt += shares[d] - step;
    }
    eat(plan, debt);
}

}  // namespace

tail tail_of(const category_input& category, int days, int from, int count) {
    tail result;
    std::copy_n(category.weights.begin() + from, count, result.weights.begin());
    const auto weights = std::span{result.weights}.first(at(count));
    for (const auto& pin : category.pinned) {
        if (pin.day < from || pin.day >= days) continue;
        result.pinned += pin.value;
        if (pin.day < from + count) weights[at(pin.day - from)] = 0;
    }
    if (sum_of(weights) > 0) return result;
    std::ranges::fill(weights, 1);
    for (const auto& pin : category.pinned) {
        if (pin.day >= from && pin.day < from + count) weights[at(pin.day - from)] = 0;
    }
    if (sum_of(weights) == 0) std::ranges::fill(weights, 1);
    return result;
}

void baseline_of(const category_input& category, int days, day_amounts& out) {
    out = {};
    spread_pinned(category, category.budget, days, 0, std::span{out}.first(at(days)));
    std::fill_n(out.begin(), category.joined, amount{0});
}

amount plan_first(const category_input& category, amount free, int days, int day) {
    if (category.pinned.empty()) {
        const auto given = std::span{category.weights}.subspan(at(day), at(days - day));
        const auto sum = sum_of(given);
        if (sum > 0) return static_cast<amount>(wide{free} * given[0] / sum);
    }
    day_amounts plan;
    const auto left = std::span{plan}.first(at(days - day));
    spread_pinned(category, free, days, day, left);
    return left[0];
}

tail_result plan_days(const category_input& category, const day_amounts& baseline, amount free, int days, int today,
                      day_amounts& plan) {
    plan = {};
    if (free < 0) return {0, -free};
    const auto all = std::span{baseline}.first(at(days));
    if (today >= days || sum_of(all) == 0) return {free, 0};
    const auto left = std::span{plan}.subspan(at(today), at(days - today));
    const auto kind = category.rule.kind;
    if (kind == policy_kind::even || kind == policy_kind::save) {
        spread_pinned(category, free, days, today, left);
        return {0, 0};
    }
    std::copy(all.begin() + today, all.end(), left.begin());
    const auto gap = free - sum_of(left);
    if (kind == policy_kind::static_) return {gap, 0};
    if (kind == policy_kind::window) {
        apply_window(category, gap, days, today, left);
    } else if (gap >= 0) {
        left[0] += gap;
    } else {
        eat(left, -gap);
    }
    return {0, 0};
}

}  // namespace mita::finance
