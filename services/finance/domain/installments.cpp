#include "finance/domain/installments.hpp"

#include "finance/domain/recurrence.hpp"

#include <algorithm>

namespace mita::finance {
namespace {

constexpr std::int64_t months_of_bp = 12 * 10'000;

// Divided in 64 bit where it fits, as it nearly always does: a division in 128 costs many times as much.
wide half_to_even(wide value, std::int64_t by) {
    const auto narrow = static_cast<std::int64_t>(value);
    wide floor = narrow == value ? wide{narrow / by} : value / by;
    if (floor * by > value) --floor;
    const wide twice = 2 * (value - floor * by);
    return twice > by || (twice == by && floor % 2 != 0) ? floor + 1 : floor;
}

wide month_of_interest(wide left, int bp) { return half_to_even(left * bp, months_of_bp); }

// What is left after all parts of `level`; below 0 when they are too much.
wide left_after(const installment_terms& t, wide level) {
    wide left = t.principal;
    for (int k = 0; k < t.count; ++k) left += month_of_interest(left, t.interest_bp) - level;
    return left;
}

// The greatest level with which nothing is paid too much. What is left falls by nearly the same for each unit more, so
// that two points tell where it passes 0, but for rounding.
wide greatest_level(const installment_terms& t) {
    wide low = t.principal / t.count, high = low + month_of_interest(t.principal, t.interest_bp) + 2;
    const wide at_low = left_after(t, low), at_high = left_after(t, high);
    const wide guess = low + (high - low) * at_low / (at_low - at_high);
    constexpr wide near = 2;
    for (const wide level : {guess - near, guess + near}) {
        if (level <= low || level >= high) continue;
        (left_after(t, level) >= 0 ? low : high) = level;
    }
    while (high - low > 1) {
        const wide middle = low + (high - low) / 2;
        (left_after(t, middle) >= 0 ? low : high) = middle;
    }
    return low;
}

// Of the two levels around the annuity the one whose last part differs less from the others.
wide level_of(const installment_terms& t) {
    const wide low = greatest_level(t);
    const wide lacking = left_after(t, low), beyond = -left_after(t, low + 1);
    return beyond < lacking && beyond <= low ? low + 1 : low;
}

std::vector<installment_part> in_months(const installment_terms& t) {
    recurrence monthly;
    monthly.anchor = t.first;
    const wide level = t.interest_bp == 0 ? 0 : level_of(t);
    std::vector<installment_part> out;
    wide left = t.principal;
    for (int k = 0; k < t.count; ++k) {
        const wide interest = month_of_interest(left, t.interest_bp);
        wide principal = left;
        if (t.interest_bp == 0)
            principal = t.principal / t.count + (k < t.principal % t.count ? 1 : 0);
        else if (k + 1 < t.count)
            principal = level - interest;
        if (principal < 1 || principal > left) return {};
        left -= principal;
        out.push_back({k + 1, monthly.scheduled(k), static_cast<amount>(principal), static_cast<amount>(interest),
                       static_cast<amount>(left)});
    }
    return out;
}

// The days that had begun of the month that `next` ends, of its interest.
amount interest_until(civil_day on, civil_day since, const installment_part& next) {
    const auto gone = std::clamp<std::int64_t>((on - since).count(), 0, (next.day - since).count());
    return static_cast<amount>(half_to_even(wide{next.interest} * gone, (next.day - since).count()));
}

}  // namespace

std::vector<installment_part> schedule_of(const installment_terms& t) {
    auto parts = in_months(t);
    if (!t.payoff || parts.empty()) return parts;
    const auto standing = static_cast<std::size_t>(t.payoff->standing);
    if (standing >= parts.size()) return parts;
    const auto next = parts[standing];
    const auto month_before = clamped_day(month_of(t.first) - std::chrono::months{1}, day_in_month(t.first));
    const auto since = standing == 0 ? month_before : parts[standing - 1].day;
    installment_part last{next.number, t.payoff->on, next.principal + next.left, 0, 0, true};
    last.interest = interest_until(t.payoff->on, since, next);
    parts.resize(standing);
    parts.push_back(last);
    return parts;
}

std::optional<amount> whole_sum(const std::vector<installment_part>& schedule) {
    wide sum = 0;
    for (const auto& p : schedule) sum += p.whole();
    return narrow128(sum);
}

}  // namespace mita::finance
