#include "finance/plan/recurring.hpp"

#include <algorithm>
#include <array>

namespace mita::finance {

namespace {

constexpr std::array<std::string_view, 4> names{"income", "bill", "subscription", "transfer"};

recurring shown(const plan_inputs::income& i) {
    return {i.id, recurring_kind::income, i.name, i.category, i.value, i.day, i.more};
}

recurring shown(const plan_inputs::bill& b) {
    const auto kind = b.more.subscription ? recurring_kind::subscription : recurring_kind::bill;
    return {b.id, kind, b.name, b.category, b.value, b.day, b.more};
}

template <class List>
void put(List& list, const recurring& r) {
    typename List::value_type item{r.id, r.name, r.category, r.value, r.day, r.more};
    item.more.subscription = r.kind == recurring_kind::subscription;
    if constexpr (requires { item.between; }) item.between = r.between;
    const auto same = std::ranges::find_if(list, [&r](const auto& x) { return x.id == r.id; });
    if (same == list.end())
        list.push_back(std::move(item));
    else
        *same = std::move(item);
}

void append_members(json_out& out, const recurring& r) {
    out.field("id", r.id).field("kind", recurring_name(r.kind)).field("name", r.name);
    if (r.category.empty())
        out.null("category");
    else
        out.field("category", r.category);
    if (r.is_transfer())
        out.field("from_account_id", r.between.from.str()).field("to_account_id", r.between.to.str());
    else
        out.null("from_account_id").null("to_account_id");
    out.money("money", r.value);
    if (r.more.other_end) {
        out.money("min_money", r.is_income() ? r.value : *r.more.other_end);
        out.money("max_money", r.is_income() ? *r.more.other_end : r.value);
    } else {
        out.null("min_money").null("max_money");
    }
    out.key("schedule");
    append_schedule(out, r.rule());
    out.field("paused", r.more.is_paused());
}

}  // namespace

recurring recurring_of(const plan_inputs::transfer& t) {
    return {t.id, recurring_kind::transfer, t.name, t.category, t.value, t.day, t.more, t.between};
}

std::string_view recurring_name(recurring_kind kind) { return names[static_cast<std::size_t>(kind)]; }

std::optional<recurring_kind> parse_recurring(std::string_view name) {
    const auto found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<recurring_kind>(found - names.begin());
}

std::vector<recurring> recurring_of(const plan_inputs& a) {
    std::vector<recurring> out;
    for (const auto& i : a.incomes) out.push_back(shown(i));
    for (const auto& b : a.bills) out.push_back(shown(b));
    for (const auto& t : a.transfers) out.push_back(recurring_of(t));
    std::ranges::sort(out, {}, &recurring::id);
    return out;
}

std::optional<recurring> find_recurring(const plan_inputs& a, std::string_view id) {
    const auto same = [id](const auto& x) { return x.id == id; };
    if (const auto i = std::ranges::find_if(a.incomes, same); i != a.incomes.end()) return shown(*i);
    if (const auto b = std::ranges::find_if(a.bills, same); b != a.bills.end()) return shown(*b);
    if (const auto t = std::ranges::find_if(a.transfers, same); t != a.transfers.end()) return recurring_of(*t);
    return std::nullopt;
}

void put_recurring(plan_inputs& a, const recurring& r) {
    if (r.is_income())
        put(a.incomes, r);
    else if (r.is_transfer())
        put(a.transfers, r);
    else
        put(a.bills, r);
}

void remove_recurring(plan_inputs& a, std::string_view id) {
    const auto same = [id](const auto& x) { return x.id == id; };
    std::erase_if(a.incomes, same);
    std::erase_if(a.bills, same);
    std::erase_if(a.transfers, same);
}

std::vector<civil_day> next_of(const recurring& r, civil_day from, std::size_t count) {
    constexpr civil_day end_of_days = std::chrono::year(9999) / 1 / 1;
    if (r.more.is_paused()) return {};
    return occurrences(r.rule(), from, end_of_days, count);
}

void append_told(json_out& out, const recurring& r) {
    out.open('{');
    append_members(out, r);
    out.close('}');
}

void append(json_out& out, const recurring& r, const std::optional<price_change>& seen) {
    out.open('{');
    append_members(out, r);
    if (seen) {
        out.key("price_change").open('{').money("from_money", seen->from).money("to_money", seen->to);
        out.field("on", seen->on).close('}');
    } else {
        out.null("price_change");
    }
    out.close('}');
}

}  // namespace mita::finance
