#include "finance/plan/goal_pace.hpp"

#include "finance/domain/pool.hpp"

namespace mita::finance {

namespace {

bool is_month_of_rule(const period_rules& by, const period& over) {
    return by.rule_on(over.start).every == period_unit::month && by.is_regular(over);
}

// Are all periods after `over` months by its rule?
bool months_follow(const period_rules& by, const period& over) {
    const auto& last = by.stretches().back();
    return over.start >= last.since && last.rule.every == period_unit::month;
}

}  // namespace

amount each_of(const period_rules& by, amount monthly, const period& over) {
    return is_month_of_rule(by, over) ? monthly : share_of_months(monthly, over);
}

std::optional<period> reached_in(const period_rules& by, const period& over, amount open, amount now, amount monthly) {
    if (months_follow(by, over)) {
        const auto then = reached_after(open, now, monthly);
        if (!then) return std::nullopt;
        return by.ahead(over, *then);
    }
    wide rest = wide{open} - now;
    auto p = over;
    for (int i = 0; i < most_periods_ahead; ++i) {
        if (rest <= 0) return p;
        if (monthly <= 0) break;
        p = by.next(p);
        rest -= each_of(by, monthly, p);
    }
    return std::nullopt;
}

}  // namespace mita::finance
