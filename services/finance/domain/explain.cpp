#include "finance/domain/explain.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "finance/domain/day_plan.hpp"

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 10> names{"baseline", "day",   "carry_in",  "cover",  "given",
                                                 "bills",    "swept", "uncovered", "policy", "rounding"};

// Which part of a deviation reaches the day under the category's policy: weight / sum, truncated towards 0.
struct lever {
    amount weight = 0;
    amount sum = 1;

    amount operator()(amount value) const { return static_cast<amount>(wide{value} * weight / sum); }
};

lever lever_of(const category_input& category, int days, int today, int day) {
    int reach = days - today;
    switch (category.rule.kind) {
        case policy_kind::static_:
            return {0, 1};
        case policy_kind::carry:
            return {day == today ? 1 : 0, 1};
        case policy_kind::window:
            reach = std::min(reach, category.rule.window);
            break;
        case policy_kind::even:
        case policy_kind::save:
            break;
    }
    if (day - today >= reach) return {0, 1};
    const auto left = tail_of(category, days, today, reach);
    amount sum = 0;
    for (int d = 0; d < reach; ++d) sum += left.weights[at(d)];
    return {left.weights[at(day - today)], sum};
}

// What a bill's payments leave of its amount (+) or took beyond it (−): 0 while nothing is lacking or it is not
// settled.
amount left_by(const bill& item, int known) {
    wide paid = lacking(item, known);
    for (const auto& p : item.payments) paid += p.on <= known ? p.value : 0;
    return static_cast<amount>(item.value - paid);
}

// The past day of the period that shows what the bill left; −1: none does.
int settles_on(const bill& item, int today, int known) {
    const bool settled = item.settled_on <= known && item.settled_on != never;
    return settled && item.settled_on < today ? item.settled_on : -1;
}

// Terms appended as shares; how many were cut off to a whole unit bounds what may be called rounding.
struct writer {
    std::vector<explain_term>& terms;
    lever share;
    int cuts = 0;

    void add(term_kind kind, amount whole, std::optional<int> day = {}, std::optional<int> from = {}) {
        const auto value = share(whole);
        if (value != 0) terms.push_back({kind, value, day, from});
        cuts += share.weight != 0 && share.weight != share.sum && whole != 0 ? 1 : 0;
    }
};

// What past day d left (+) or overspent (−) against its baseline, the bills paid on it set off.
amount deviation(const category_input& category, const category_plan& plan, int today, int known, int d) {
    auto left = plan.baseline[at(d)] - category.actual[at(d)];
    for (const auto& item : category.bills) {
        for (const auto& p : item.payments) left += p.on == d && p.on <= known ? p.value : 0;
        if (settles_on(item, today, known) == d) left += left_by(item, known);
    }
    return left;
}

void add_shares(const month_input& in, const month_plan& month, int index, writer& out) {
    const auto& category = in.categories[at(index)];
    const auto& plan = month.categories[at(index)];
    for (int d = 0; d < in.today; ++d) out.add(term_kind::day, deviation(category, plan, in.today, in.known, d), d);
    for (const auto& item : category.bills) {
        const int shown = settles_on(item, in.today, in.known);
        if (shown < 0) out.add(term_kind::bills, left_by(item, in.known), item.day);
    }
    out.add(term_kind::carry_in, plan.carry_in);
    for (const auto& move : month.moves) {
        if (move.to == index) out.add(term_kind::cover, move.value, {}, move.from);
        if (move.from == index) out.add(term_kind::given, -move.value, {}, move.to);
    }
    out.add(term_kind::swept, -plan.swept);
    out.add(term_kind::uncovered, plan.uncovered);
}

// past: `day` is before the real day, and `in` is of its morning.
explanation explain_one(const month_input& in, const month_plan& month, std::size_t category, int day, bool past) {
    const auto& asked = in.categories[category];
    const auto& plan = month.categories[category];
    explanation result;
    result.terms.push_back({term_kind::baseline, plan.baseline[at(day)]});
    // Nobody was told anything on the mornings before joining.
    if (day < asked.joined && past) return result;
    result.budget = plan.day_budget(day);
    for (const auto& item : asked.bills) {
        const auto value = due_on(item, in.days, in.today, in.known, day);
        if (value != 0) result.terms.push_back({term_kind::bills, value, item.day});
    }
    // Without a daily part nothing but its bills moves a day.
    if (plan.daily_part == 0) return result;
    writer out{result.terms, lever_of(asked, in.days, in.today, day)};
    add_shares(in, month, static_cast<int>(category), out);
    wide rest = result.budget;
    for (const auto& term : result.terms) rest -= term.value;
    const auto left = static_cast<amount>(rest);
    // Each cut loses less than one unit, the baseline and the number one more each.
    const bool rounding =
        out.share.weight != 0 && out.share.weight != out.share.sum && std::llabs(left) <= out.cuts + 1;
    if (left != 0) result.terms.push_back({rounding ? term_kind::rounding : term_kind::policy, left});
    return result;
}

}  // namespace

std::string_view term_name(term_kind kind) { return names[static_cast<std::size_t>(kind)]; }

outcome<explanation> explain_day(const month_input& in, std::size_t category, int day) {
    if (category >= in.categories.size() || day < 0 || day >= in.days) return fault::bad_input;
    auto then = in;
    then.today = std::min(day, in.today);
    if (day < in.today) {
        then.known = day;
        then.now = day;
    }
    const auto month = compute_month(then);
    if (!month) return month.error();
    return explain_one(then, *month, category, day, day < in.today);
}

std::vector<explanation> explain_today(const month_input& in, const month_plan& plan) {
    std::vector<explanation> all;
    all.reserve(in.categories.size());
    for (std::size_t i = 0; i < in.categories.size(); ++i) all.push_back(explain_one(in, plan, i, in.today, false));
    return all;
}

}  // namespace mita::finance
