#include "finance/plan/month_budgets.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace mita::finance {

asked_budgets asked_of(const plan_inputs& a, const period& over) {
    const plan_inputs::month_budget* said = nullptr;
    for (const auto& b : a.budgets)
        if (b.month < over.next && (b.onwards || b.month >= over.start)) said = &b;
    if (said == nullptr) return {a.categories, a.default_weights, nullptr};
    return {said->categories, said->default_weights, said};
}

void settle(plan_inputs& a, const period& now) {
    for (auto& b : a.budgets) {
        if (!b.onwards || b.month >= now.next) continue;
        a.categories = std::move(b.categories);
        a.default_weights = b.default_weights;
    }
    std::erase_if(a.budgets, [now](const auto& b) { return b.month < now.start || (b.onwards && b.month < now.next); });
}

void add(plan_inputs& a, plan_inputs::month_budget said) {
    a.budgets.push_back(std::move(said));
    std::ranges::sort(a.budgets, {}, [](const auto& b) { return std::tuple(b.month, !b.onwards); });
}

void say(plan_inputs& a, plan_inputs::month_budget said) {
    const auto over = a.periods.containing(said.month);
    const auto replaced = [&](const auto& b) { return over.contains(b.month) && (said.onwards || !b.onwards); };
    std::erase_if(a.budgets, replaced);
    add(a, std::move(said));
}

bool take_back(plan_inputs& a, const period& over) {
    const auto of_month = [&over](const auto& b) { return over.contains(b.month); };
    const auto last = std::find_if(a.budgets.rbegin(), a.budgets.rend(), of_month);
    if (last == a.budgets.rend()) return false;
    a.budgets.erase(std::next(last).base());
    return true;
}

std::string_view scope_name(bool onwards) { return onwards ? "onwards" : "month"; }

std::optional<bool> parse_scope(std::string_view name) {
    if (name == "onwards") return true;
    if (name == "month") return false;
    return std::nullopt;
}

bool read_scope(json_object& in) {
    const auto text = in.optional_string("scope", 1, 16);
    if (!text) return true;
    const auto onwards = parse_scope(*text);
    if (!onwards) in.fail("scope", "unknown_scope", "One of onwards, month.");
    return onwards.value_or(true);
}

}  // namespace mita::finance
