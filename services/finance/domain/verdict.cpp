#include "finance/domain/verdict.hpp"

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

// The standing, and the covers as tomorrow would see them.
struct seen {
    standing now;
    std::vector<cover_move> moves;
};

outcome<seen> look(const month_input& in, std::optional<std::size_t> category) {
    if (category && *category >= in.categories.size()) return fault::bad_input;
    const bool open = in.today < in.days;
    seen result;
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
        ++next.today;
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

outcome<standing> stand(const month_input& in, std::optional<std::size_t> category) {
    auto result = look(in, category);
    if (!result) return result.error();
    return result->now;
}

outcome<effect> what_if_spent(const month_input& in, std::size_t category, amount value) {
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

}  // namespace mita::finance
