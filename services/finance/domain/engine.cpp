#include "finance/domain/engine.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include "finance/domain/cover.hpp"
#include "finance/domain/day_plan.hpp"

namespace mita::finance {
namespace {

constexpr int whole_bp = 10000;

bool valid(const category_input& category, int days) {
    if (category.budget < 0 || category.joined < 0 || category.joined > days) return false;
    const auto& rule = category.rule;
    if (rule.kind == policy_kind::window && (rule.window < 1 || rule.window > longest_month)) return false;
    for (int d = 0; d < days; ++d) {
        if (category.weights[at(d)] < 0 || category.weights[at(d)] > max_weight) return false;
    }
    for (const auto& item : category.bills) {
        if (item.value < 0 || item.day < 0 || item.day >= days) return false;
        if (std::ranges::any_of(item.payments, [](const auto& p) { return p.value < 0; })) return false;
    }
    if (category.pinned.size() > at(days)) return false;
    return std::ranges::all_of(category.pinned,
                               [days](const auto& pin) { return pin.value >= 0 && pin.day >= 0 && pin.day < days; });
}

bool amounts_in_range(const category_input& category, int days) {
    if (!in_range(category.budget) || !in_range(category.carry_in)) return false;
    for (int d = 0; d < days; ++d) {
        if (!in_range(category.actual[at(d)])) return false;
    }
    wide bills = 0;
    wide payments = 0;
    for (const auto& item : category.bills) {
        bills += item.value;
        for (const auto& p : item.payments) payments += p.value;
    }
    wide pins = 0;
    for (const auto& pin : category.pinned) pins += pin.value;
    return narrow128(bills) && narrow128(payments) && narrow128(pins);
}

fault check_input(const month_input& in) {
    if (in.days < 1 || in.days > max_days || in.today < 0 || in.today > in.days || in.cap_bp < 0 ||
        in.cap_bp > whole_bp || in.categories.size() > max_categories) {
        return fault::bad_input;
    }
    for (const auto& category : in.categories) {
        if (!valid(category, in.days)) return fault::bad_input;
    }
    if (!in_range(in.unallocated)) return fault::amount_overflow;
    for (const auto& category : in.categories) {
        if (!amounts_in_range(category, in.days)) return fault::amount_overflow;
    }
    return fault::none;
}

amount sum_days(const day_amounts& values, int from, int to) {
    amount sum = 0;
    for (int d = from; d < to; ++d) sum += values[at(d)];
    return sum;
}

amount sum_bills(const category_input& category) {
    amount sum = 0;
    for (const auto& item : category.bills) sum += item.value;
    return sum;
}

// Everything of a category that today does not change. Inputs are in range, so 64 bits hold each sum here.
void prepare(const category_input& category, int days, category_plan& out) {
    baseline_of(category, days, out.baseline);
    out.daily_part = sum_days(out.baseline, 0, days);
    out.bills = sum_bills(category);
    out.carry_in = category.carry_in;
}

day_amounts sweeps_of(const category_input& category, const category_plan& known, int days, int today) {
    day_amounts sweeps{};
    if (category.rule.kind != policy_kind::save || known.daily_part == 0) return sweeps;
    auto left = known.daily_part + known.bills + known.carry_in - paid_elsewhere(category.bills, days, 0) -
                sum_days(category.actual, 0, category.joined);
    for (int d = category.joined; d < today; ++d) {
        const auto morning = left - owed(category.bills, d - 1);
        left -= category.actual[at(d)];
        if (morning <= 0) continue;
        const auto of_day = plan_first(category, morning, days, d);
        const auto evening = left - owed(category.bills, d);
        sweeps[at(d)] = std::clamp<amount>(evening - (morning - of_day), 0, of_day);
        left -= sweeps[at(d)];
    }
    return sweeps;
}

// As of the morning of `today`, on its own: what it has spent, owes and has free. out.swept is known.
fault stand_alone(const category_input& category, int days, int today, int known, category_plan& out, stake& mine) {
    out.spent_before = sum_days(category.actual, 0, today);
    out.elsewhere = paid_elsewhere(category.bills, days, known);
    out.unpaid = due_of(category.bills, days, today, known, out.due);
    const auto whole = out.daily_part + out.bills + out.carry_in;
    const auto free = whole - out.spent_before - out.elsewhere - out.unpaid - out.swept;
    mine = {category.cls, free, 0, 0};
    return in_range(free) ? fault::none : fault::amount_overflow;
}

// With the covers settled: the days, and every figure shown.
fault settle(const category_input& category, int days, int today, const stake& mine, category_plan& out) {
    out.covered = mine.covered;
    out.given = mine.given;
    const auto result = plan_days(category, out.baseline, mine.free + mine.covered - mine.given, days, today, out.plan);
    assert(wide{sum_days(out.plan, today, days)} + result.held - result.uncovered ==
           wide{mine.free} + mine.covered - mine.given);
    out.held = result.held + out.swept;
    out.uncovered = result.uncovered;
    out.budget = out.daily_part + out.bills + out.carry_in + out.covered - out.given;
    out.remaining = out.budget - out.spent_before - out.elsewhere;
    const bool fits = in_range(out.budget) && in_range(out.spent_before) && in_range(out.remaining) &&
                      in_range(out.held) && in_range(out.unpaid) && in_range(out.elsewhere);
    return fits ? fault::none : fault::amount_overflow;
}

// `known` has one prepared plan per category, its sweeps before `today` known; fills in the rest as of that morning.
fault plan_morning(const month_input& in, int today, int through, int now, std::span<stake> stakes, month_plan& known) {
    known.moves.clear();
    // It is shown and covers, it is in no sum: what lacks may pass the range as days go by, and ends there.
    const wide unallocated = wide{in.unallocated} + brought(in.incomes, in.windfalls, now);
    known.unallocated = static_cast<amount>(std::clamp<wide>(unallocated, -max_amount, max_amount));
    for (std::size_t i = 0; i < stakes.size(); ++i) {
        const auto why = stand_alone(in.categories[i], in.days, today, through, known.categories[i], stakes[i]);
        if (why != fault::none) return why;
    }
    if (in.covering) cover_all(stakes, known.unallocated, in.cap_bp, known.moves);
    for (std::size_t i = 0; i < stakes.size(); ++i) {
        const auto why = settle(in.categories[i], in.days, today, stakes[i], known.categories[i]);
        if (why != fault::none) return why;
    }
    return fault::none;
}

fault sum_up(const month_input& in, month_plan& out) {
    wide budget = 0, carry_in = 0, uncovered = 0, spent = 0, planned = 0, held = 0, unallocated = 0;
    for (const auto& category : out.categories) {
        budget += wide{category.daily_part} + category.bills;
        carry_in += category.carry_in;
        uncovered += category.uncovered;
        spent += wide{category.spent_before} + category.elsewhere;
        // In a closed period nothing is planned: what is still owed waits, like all that is held.
        (in.today < in.days ? planned : held) += category.unpaid;
        planned += sum_days(category.plan, in.today, in.days);
        held += category.held;
    }
    for (const auto& move : out.moves) unallocated += move.from == from_unallocated ? move.value : 0;
    auto& check = out.check;
    for (const auto& [sum, field] : {std::pair{budget, &check.budget},
                                     {carry_in, &check.carry_in},
                                     {unallocated, &check.from_unallocated},
                                     {uncovered, &check.uncovered},
                                     {spent, &check.spent},
                                     {planned, &check.planned},
                                     {held, &check.held}}) {
        const auto narrow = narrow128(sum);
        if (!narrow) return fault::amount_overflow;
        *field = *narrow;
    }
    return fault::none;
}

}  // namespace

bool check_block::holds() const {
    return wide{budget} + carry_in + from_unallocated + uncovered == wide{spent} + planned + held;
}

fault compute_month(const month_input& in, month_plan& out) {
    if (const auto why = check_input(in); why != fault::none) return why;
    std::array<stake, max_categories> stakes;
    out.categories.resize(in.categories.size());
    for (std::size_t i = 0; i < in.categories.size(); ++i) {
        auto& category = out.categories[i];
        prepare(in.categories[i], in.days, category);
        category.swept = sum_days(sweeps_of(in.categories[i], category, in.days, in.today), 0, in.today);
    }
    const auto all = std::span{stakes}.first(in.categories.size());
    const auto why = plan_morning(in, in.today, in.known, in.now.value_or(in.today), all, out);
    if (why != fault::none) return why;
    const auto summed = sum_up(in, out);
    assert(summed != fault::none || out.check.holds());
    return summed;
}

outcome<month_plan> compute_month(const month_input& in) {
    month_plan plan;
    const auto why = compute_month(in, plan);
    if (why != fault::none) return why;
    return plan;
}

fault compute_mornings(const month_input& in, morning_table& out) {
    if (const auto why = check_input(in); why != fault::none) return why;
    std::array<stake, max_categories> stakes;
    month_plan plan;
    plan.categories.resize(in.categories.size());
    out.budget.assign(in.categories.size(), {});
    std::vector<day_amounts> sweeps(in.categories.size());
    for (std::size_t i = 0; i < in.categories.size(); ++i) {
        prepare(in.categories[i], in.days, plan.categories[i]);
        sweeps[i] = sweeps_of(in.categories[i], plan.categories[i], in.days, in.today);
    }
    for (int day = 0; day <= std::min(in.today, in.days - 1); ++day) {
        const bool past = day < in.today;
        const auto why = plan_morning(in, day, past ? day : in.known, past ? day : in.now.value_or(day),
                                      std::span{stakes}.first(in.categories.size()), plan);
        if (why != fault::none) return why;
        for (std::size_t i = 0; i < in.categories.size(); ++i) {
            // Nobody was told anything on the mornings before joining.
            if (day >= in.categories[i].joined) out.budget[i][at(day)] = plan.categories[i].day_budget(day);
            plan.categories[i].swept += sweeps[i][at(day)];
        }
    }
    return fault::none;
}

outcome<morning_table> compute_mornings(const month_input& in) {
    morning_table table;
    const auto why = compute_mornings(in, table);
    if (why != fault::none) return why;
    return table;
}

day_amounts daily_sweeps(const category_input& category, int days, int today) {
    category_plan known;
    prepare(category, days, known);
    return sweeps_of(category, known, days, today);
}

void step_to_tomorrow(month_input& in) {
    ++in.today;
    if (in.now) ++*in.now;
}

month_input month_from(const period_budget& opened, int today) {
    month_input in;
    in.days = opened.over.days();
    in.today = today;
    in.unallocated = opened.unallocated;
    in.categories.reserve(opened.categories.size());
    for (const auto& stored : opened.categories) {
        category_input category;
        category.cls = stored.guarded ? category_class::protected_ : stored.cls;
        category.budget = stored.daily_part;
        category.carry_in = stored.carry_in;
        category.rule = stored.rule;
        category.joined = opened.joined;
        category.weights = weights_for(stored.weights, opened.over);
        for (const auto& pin : stored.weights.pinned) {
            // A rule made for a longer month has no such day in a shorter one.
            if (stored.weights.kind == weight_kind::custom && pin.day < in.days) category.pinned.push_back(pin);
        }
        in.categories.push_back(std::move(category));
    }
    return in;
}

}  // namespace mita::finance
