#include "finance/domain/pool.hpp"

#include <algorithm>
#include <array>

#include "finance/domain/allocate.hpp"

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 4> reserve_names{"budgets", "buffer", "goal", "obligations"};

bool none_negative(const std::vector<amount>& values) {
    return std::ranges::all_of(values, [](amount value) { return value >= 0; });
}

// Takes what is missing from the reserves in the order in which they give way.
struct breaker {
    amount missing;
    std::vector<broken_reserve> broken{};

    void take(reserve_kind kind, std::size_t index, amount reserved) {
        const auto part = std::min(missing, reserved);
        if (part <= 0) return;
        broken.push_back({kind, index, part});
        missing -= part;
    }
};

infeasible shortfall_of(const pool_result& pool, amount budgets) {
    breaker left{budgets - pool.pool};
    const auto shortfall = left.missing;
    left.take(reserve_kind::budgets, 0, budgets);
    left.take(reserve_kind::buffer, 0, pool.buffer);
    for (auto i = pool.goals.size(); i-- > 0;) left.take(reserve_kind::goal, i, pool.goals[i]);
    left.take(reserve_kind::obligations, 0, pool.obligations);
    return {shortfall, std::move(left.broken)};
}

bool valid(const category_request& request) {
    if (request.weight < 0 || !in_range(request.weight) || !in_range(request.carry_in)) return false;
    return !request.budget || *request.budget >= 0;
}

}  // namespace

std::string_view reserve_name(reserve_kind kind) { return reserve_names[static_cast<std::size_t>(kind)]; }

amount goal_reservation(const goal_need& goal) {
    const auto open = goal.target - goal.saved;
    if (open <= 0 || goal.paused) return 0;
    if (goal.each) return std::min(open, *goal.each);
    // allocate(open, months × 1)[0]: the first month takes one of the units left over.
    const amount months = std::max(1, goal.periods_left);
    return open / months + (open % months > 0 ? 1 : 0);
}

amount share_of_months(amount monthly, const period& over) {
    wide sum = 0;
    for (auto from = over.start; from < over.next;) {
        const auto month = period_of(month_of(from));
        const auto to = std::min(month.next, over.next);
        const auto until = [&](civil_day day) { return wide{monthly} * month.offset(day) / month.days(); };
        sum += until(to) - until(from);
        from = to;
    }
    return static_cast<amount>(std::min<wide>(sum, max_amount));
}

std::optional<int> reached_after(amount open, amount now, amount later) {
    const auto rest = wide{open} - now;
    if (rest <= 0) return 0;
    if (later <= 0) return std::nullopt;
    const auto periods = (rest + later - 1) / later;
    if (periods > most_periods_ahead) return std::nullopt;
    return static_cast<int>(periods);
}

outcome<pool_result> compute_pool(const pool_input& in) {
    if (!none_negative(in.incomes) || !none_negative(in.obligations) || in.buffer < 0) return fault::bad_input;
    const auto income = checked_sum(in.incomes);
    const auto obligations = checked_sum(in.obligations);
    if (!income || !obligations || !in_range(in.buffer)) return fault::amount_overflow;
    pool_result result{.income = *income, .obligations = *obligations, .goals = {}, .buffer = in.buffer, .problem = {}};
    wide pool = wide{*income} - *obligations - in.buffer;
    for (const auto& goal : in.goals) {
        if (!in_range(goal.target) || !in_range(goal.saved) || goal.each.value_or(0) < 0) return fault::amount_overflow;
        result.goals.push_back(goal_reservation(goal));
        pool -= result.goals.back();
    }
    const auto narrow = narrow128(pool);
    if (!narrow) return fault::amount_overflow;
    result.pool = *narrow;
    if (result.pool < 0) result.problem = shortfall_of(result, 0);
    return result;
}

outcome<period_budget> open_period(const period& over, int joined, const pool_input& money_in,
                                   std::vector<category_request> categories) {
    if (over.days() < 1 || over.days() > max_days || joined < 0 || joined >= over.days() ||
        !std::ranges::all_of(categories, valid)) {
        return fault::bad_input;
    }
    auto pool = compute_pool(money_in);
    if (!pool) return pool.error();
    wide fixed = 0;
    wide weight_sum = 0;
    std::vector<amount> weights;
    for (const auto& request : categories) {
        fixed += request.budget.value_or(0);
        weights.push_back(request.budget ? 0 : request.weight);
        weight_sum += weights.back();
    }
    const auto budgets = narrow128(fixed);
    const auto rest = narrow128(wide{pool->pool} - fixed);
    if (!budgets || !rest) return fault::amount_overflow;
    period_budget opened{.over = over, .joined = joined, .pool = std::move(*pool), .categories = {}, .problem = {}};
    if (*rest < 0) opened.problem = shortfall_of(opened.pool, *budgets);
    std::vector<amount> parts(weights.size());
    const bool shared = *rest > 0 && weight_sum > 0;
    if (shared) allocate(*rest, weights, parts);
    opened.unallocated = shared ? 0 : *rest;
    for (std::size_t i = 0; i < categories.size(); ++i) {
        auto& request = categories[i];
        opened.categories.push_back({.id = std::move(request.id),
                                     .cls = request.cls,
                                     .daily_part = request.budget.value_or(parts[i]),
                                     .rule = request.rule,
                                     .roll = request.roll,
                                     .carry_in = request.carry_in,
                                     .weights = std::move(request.weights),
                                     .guarded = request.guarded});
    }
    return opened;
}

}  // namespace mita::finance
