#include "finance/domain/verdict.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 4> verdicts{"none", "ok", "watch", "over"};
constexpr std::array<std::string_view, 4> affordabilities{"safe", "caution", "tight", "over"};
constexpr int percent = 100;
constexpr int watch_above = 80;
constexpr int caution_from = 70;
constexpr int tight_from = 85;

// One category's figures, or the sum of all.
template <class Figure>
std::optional<amount> total(const month_plan& plan, std::optional<std::size_t> category, Figure figure) {
    if (category) return narrow128(figure(*category));
    wide sum = 0;
    for (std::size_t i = 0; i < plan.categories.size(); ++i) sum += figure(i);
    return narrow128(sum);
}

}  // namespace

std::string_view verdict_name(verdict v) { return verdicts[static_cast<std::size_t>(v)]; }
std::string_view affordability_name(affordability a) { return affordabilities[static_cast<std::size_t>(a)]; }

verdict judge(amount budget, amount spent) {
    if (budget == 0 && spent == 0) return verdict::none;
    if (wide{spent} * percent <= wide{budget} * watch_above) return verdict::ok;
    // Money that came back is never a reason to warn, whatever the budget.
    if (spent < 0) return verdict::ok;
    return spent <= budget ? verdict::watch : verdict::over;
}

affordability judge_affordability(amount budget, amount spent_with_it) {
    if (spent_with_it <= 0) return affordability::safe;
    if (budget <= 0) return affordability::over;
    const auto share = wide{spent_with_it} * percent;
    if (share < wide{budget} * caution_from) return affordability::safe;
    if (share < wide{budget} * tight_from) return affordability::caution;
    return spent_with_it <= budget ? affordability::tight : affordability::over;
}

std::optional<amount> share_bp(amount budget, amount spent_with_it) {
    if (budget <= 0) return std::nullopt;
    constexpr int whole_bp = 10000;
    const auto scaled = wide{spent_with_it} * whole_bp;
    return narrow128(scaled > 0 ? (scaled + budget - 1) / budget : scaled / budget);
}

outcome<outlook> look(const month_input& in, std::optional<std::size_t> category) {
    if (category && *category >= in.categories.size()) return fault::bad_input;
    const bool open = in.today < in.days;
    outlook result;
    month_plan plan;
    if (const auto why = compute_month(in, plan); why != fault::none) return why;
    if (open) {
        const auto day = static_cast<std::size_t>(in.today);
        const auto budget =
            total(plan, category, [&](std::size_t i) { return wide{plan.categories[i].day_budget(in.today)}; });
        const auto spent = total(plan, category, [&](std::size_t i) { return wide{in.categories[i].actual[day]}; });
        const auto left = budget && spent ? checked_sub(*budget, *spent) : std::nullopt;
        if (!left) return fault::amount_overflow;
        result.now.today = {*budget, *spent, *left};
        auto next = in;
        step_to_tomorrow(next);
        if (const auto why = compute_month(next, plan); why != fault::none) return why;
        if (next.today < next.days) {
            result.now.tomorrow =
                total(plan, category, [&](std::size_t i) { return wide{plan.categories[i].day_budget(next.today)}; });
            if (!result.now.tomorrow) return fault::amount_overflow;
        }
    }
    const auto left = total(plan, category, [&](std::size_t i) { return wide{plan.categories[i].remaining}; });
    const auto uncovered = total(plan, category, [&](std::size_t i) { return wide{plan.categories[i].uncovered}; });
    if (!left || !uncovered) return fault::amount_overflow;
    result.now.month_left = *left;
    result.now.uncovered = *uncovered;
    result.moves = std::move(plan.moves);
    return result;
}

outcome<standing> stand(const month_input& in, std::optional<std::size_t> category) {
    auto result = look(in, category);
    if (!result) return result.error();
    return result->now;
}

namespace {

amount saturated(wide value) { return static_cast<amount>(std::clamp<wide>(value, -max_amount, max_amount)); }

// So much that all there is to cover it is taken: every unit more is uncovered, and moves nothing else.
outcome<amount> all_there_is(const month_input& in, std::size_t category) {
    month_plan plan;
    if (const auto why = compute_month(in, plan); why != fault::none) return why;
    wide sum = std::max<amount>(0, plan.unallocated);
    for (const auto& c : plan.categories) sum += std::max<amount>(0, c.remaining) + c.given;
    sum -= std::min<amount>(0, in.categories[category].actual[static_cast<std::size_t>(in.today)]);
    return saturated(sum);
}

outcome<effect> what_if_exact(const month_input& in, std::size_t category, amount value);

// An amount whose sums leave the range is judged all the same: nothing it would do is hidden, figures end at the range.
outcome<effect> what_if_enormous(const month_input& in, std::size_t category, amount value) {
    const auto enough = all_there_is(in, category);
    if (!enough || *enough >= value) return fault::amount_overflow;
    auto result = what_if_exact(in, category, *enough);
    if (!result) return result.error();
    const auto more = wide{value} - *enough;
    auto& after = result->after;
    after.today.spent = saturated(after.today.spent + more);
    after.today.left = saturated(after.today.left - more);
    after.month_left = saturated(after.month_left - more);
    after.uncovered = saturated(after.uncovered + more);
    result->verdict = judge_affordability(result->before.today.budget, after.today.spent);
    result->share = share_bp(result->before.today.budget, after.today.spent);
    return result;
}

}  // namespace

outcome<effect> what_if_spent(const month_input& in, std::size_t category, amount value) {
    auto exact = what_if_exact(in, category, value);
    if (exact || exact.error() != fault::amount_overflow || value <= 0 || !in_range(value)) return exact;
    return what_if_enormous(in, category, value);
}

namespace {

outcome<effect> what_if_exact(const month_input& in, std::size_t category, amount value) {
    if (in.today < 0 || in.today >= in.days || in.days > max_days) return fault::bad_input;
    const auto before = stand(in, category);
    if (!before) return before.error();
    auto spent = in;
    auto& today = spent.categories[category].actual[static_cast<std::size_t>(in.today)];
    const auto with_it = checked_add(today, value);
    if (!with_it || !in_range(value)) return fault::amount_overflow;
    today = *with_it;
    auto after = look(spent, category);
    if (!after) return after.error();
    effect result;
    result.verdict = judge_affordability(before->today.budget, *with_it);
    result.share = share_bp(before->today.budget, *with_it);
    result.before = *before;
    result.after = after->now;
    result.moves = std::move(after->moves);
    return result;
}

}  // namespace

month_input as_planned_until(const month_input& in, const month_plan& plan, int day) {
    auto then = in;
    for (std::size_t c = 0; c < then.categories.size(); ++c) {
        auto& category = then.categories[c];
        for (int d = in.today; d < day; ++d) {
            auto& spent = category.actual[static_cast<std::size_t>(d)];
            spent = std::max(spent, plan.categories[c].day_budget(d));
        }
        for (auto& item : category.bills) {
            const int stands = std::min(std::max(item.day, in.today), in.days - 1);
            const auto open = lacking(item, in.known);
            if (stands >= day || open == 0) continue;
            item.payments.push_back({stands, open});
            item.settled_on = stands;
        }
    }
    while (then.today < day) step_to_tomorrow(then);
    return then;
}

}  // namespace mita::finance
