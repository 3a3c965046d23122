#include "finance/month/today_numbers.hpp"

#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <utility>

namespace mita::finance {

namespace {

// In the order of the kinds; what sums to nothing is left out.
std::vector<explain_term> sum_by_kind(const std::vector<explanation>& all) {
    std::vector<std::pair<term_kind, wide>> sums;
    for (const auto& one : all) {
        for (const auto& term : one.terms) {
            const auto same = std::ranges::find(sums, term.kind, &std::pair<term_kind, wide>::first);
            if (same == sums.end())
                sums.emplace_back(term.kind, term.value);
            else
                same->second += term.value;
        }
    }
    std::ranges::sort(sums, {}, &std::pair<term_kind, wide>::first);
    std::vector<explain_term> out;
    for (const auto& [kind, sum] : sums) {
        const auto value = narrow128(sum);
        if (!value) require(fault::amount_overflow);
        if (*value != 0) out.push_back({kind, *value});
    }
    return out;
}

}  // namespace

amount today_numbers::safe_to_spend() const { return std::max<amount>(0, cash_binds() ? cash->free : plan_free); }

today_numbers numbers_of(const month_facts& f, const month_view& v) {
    auto seen = look(v.in, std::nullopt);
    if (!seen) require(seen.error());
    today_numbers n;
    n.seen = std::move(*seen);
    n.budget = n.seen.now.today.budget;
    n.spent = n.seen.now.today.spent;
    n.tomorrow = n.seen.now.tomorrow ? n.seen.now.tomorrow : first_day_after(f, v, std::nullopt);
    n.breakdown = sum_by_kind(explain_today(v.in, v.plan));
    const auto free = narrow128(wide{n.budget} - n.spent - unpaid_today(v));
    if (!free) require(fault::amount_overflow);
    n.plan_free = *free;
    n.cash = cash_of(f, v);
    return n;
}

void append_members(json_out& out, const today_numbers* n) {
    if (n == nullptr) {
        for (const auto* name : {"tomorrow", "binds", "safe_to_spend_money", "plan_free_money", "cash"}) out.null(name);
        out.key("breakdown").open('[').close(']');
        return;
    }
    if (n->tomorrow)
        out.key("tomorrow").open('{').money("budget_money", *n->tomorrow).close('}');
    else
        out.null("tomorrow");
    out.field("binds", n->cash_binds() ? "cash" : "plan").money("safe_to_spend_money", n->safe_to_spend());
    out.money("plan_free_money", n->plan_free);
    if (n->cash) {
        const auto& cash = *n->cash;
        out.key("cash").open('{').money("balance_money", cash.balance).money("bills_money", cash.bills);
        out.money("planned_money", cash.planned).money("buffer_money", cash.buffer).money("free_money", cash.free);
        out.field("until", cash.until).close('}');
    } else {
        out.null("cash");
    }
    out.key("breakdown").open('[');
    for (const auto& term : n->breakdown)
        out.open('{').field("kind", term_name(term.kind)).money("money", term.value).close('}');
    out.close(']');
}

}  // namespace mita::finance
