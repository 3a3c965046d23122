#include "finance/month/today_json.hpp"

#include "core/error.hpp"
#include "finance/month/today_numbers.hpp"
#include "finance/month/view_parts.hpp"
#include "finance/wire/json_out.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace mita::finance {

namespace {

std::size_t at(int day) { return static_cast<std::size_t>(day); }

// The week of `day`, Monday first, from the months at hand; days of others are left out.
void append_week(json_out& out, const month_view& v, const std::vector<month_view>& near) {
    const auto monday = v.today - std::chrono::days{weekday_index(v.today)};
    out.key("week").open('[');
    for (auto day = monday; day < monday + std::chrono::days{7}; day += std::chrono::days{1}) {
        const auto month = std::ranges::find_if(near, [day](const auto& m) { return m.over.contains(day); });
        if (month == near.end()) continue;
        const int index = month->over.offset(day);
        out.open('{').field("date", day);
        append_numbers(out, month->budget_of(index), month->spent_of(index));
        out.close('}');
    }
    out.close(']');
}

using bill_views = std::vector<bill_view>;

// The latest past their day, of this month or one before: they stay until they are paid.
std::vector<const bill_view*> overdue_of(const bill_views& earlier, const bill_views& now) {
    constexpr std::ptrdiff_t most = 5;
    std::vector<const bill_view*> out;
    for (const auto* list : {&earlier, &now})
        for (const auto& b : *list)
            if (b.status == bill_status::overdue) out.push_back(&b);
    if (std::ssize(out) > most) out.erase(out.begin(), out.end() - most);
    return out;
}

// Facts, not advice: spending ahead of the plan by more than a fifth, and bills past their day.
void append_insights(json_out& out, const month_view& v) {
    constexpr std::size_t most = 5;
    std::size_t count = 0;
    out.key("insights").open('[');
    for (const auto* b : overdue_of(v.earlier_bills, v.bills)) {
        out.open('{').field("kind", "bill_overdue").field("bill_id", b->what.id).field("name", b->what.name);
        out.field("date", b->what.day).money("money", b->what.value).close('}');
    }
    for (const auto& c : v.categories) {
        if (!c.planned || count == most) continue;
        wide expected = 0, spent = 0;
        for (int d = 0; d <= v.today_index && d < v.days(); ++d) {
            expected += c.baseline[at(d)];
            spent += c.spent[at(d)];
        }
        for (const auto& b : v.bills)
            if (b.what.category == c.id && b.what.day <= v.today) expected += b.what.value;
        if (expected <= 0 || spent * 5 <= expected * 6) continue;
        const auto so_far = narrow128(spent);
        const auto plan = narrow128(expected);
        if (!so_far || !plan) continue;
        ++count;
        out.open('{').field("kind", "pace").field("category", c.id).money("spent_money", *so_far);
        out.money("expected_money", *plan).close('}');
    }
    out.close(']');
}

// The overdue ones, then those that come.
void append_next(json_out& out, const month_view& v, const bill_views& earlier, const bill_views& now,
                 const bill_views& later) {
    constexpr std::size_t most = 5;
    constexpr std::chrono::days shown_ahead{14};  // of the next month
    std::size_t count = 0;
    out.open('[');
    for (const auto* b : overdue_of(earlier, now)) append_bill(out, *b);
    for (const auto* list : {&now, &later}) {
        for (const auto& b : *list) {
            const bool ahead = b.status == bill_status::upcoming || b.status == bill_status::due;
            if (!ahead || b.what.day >= v.over.next + shown_ahead || count == most) continue;
            ++count;
            append_bill(out, b);
        }
    }
    out.close(']');
}

void append_goals(json_out& out, const month_facts& f, const month_view& v) {
    out.key("goals").open('[');
    if (v.budget) {
        for (const auto& g : v.budget->goals) {
            out.open('{').field("id", g.id).field("name", g.name).money("target_money", g.target);
            out.money("saved_money", g.saved + f.contributed_to(g.id) + sum_of(v.swept, g.id))
                .money("month_money", g.reserved)
                .field("by", g.by)
                .close('}');
        }
    }
    out.close(']');
}

// What is beyond the range hides nothing else of the page.
std::optional<today_numbers> numbers_if_any(const month_facts& f, const month_view& v) {
    if (!v.budget) return std::nullopt;
    try {
        return numbers_of(f, v);
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    return std::nullopt;
}

}  // namespace

std::string today_json(const month_facts& f, const month_view& v, const std::vector<month_view>& near) {
    json_out out(v.currency, 8 * 1024);
    const int day = v.today_index;
    const auto budget = v.budget_of(day);
    const auto spent = v.spent_of(day);
    out.open('{').field("date", v.today).field("month", format_period(v.over));
    out.field("from", v.over.start).field("to", v.over.last_day()).field("currency", v.currency);
    out.field("timezone", f.who.timezone).field("status", v.status());
    append_numbers(out, budget, spent);
    out.money("left_money", budget - spent).key("categories").open('[');
    for (const auto& c : v.categories) {
        if (!shown(c, day)) continue;
        out.open('{').field("category", c.id).field("class", class_name(c.cls));
        out.field("archived", c.archived);
        append_numbers(out, c.budget[at(day)], c.spent[at(day)]);
        out.money("left_money", c.budget[at(day)] - c.spent[at(day)]).close('}');
    }
    out.close(']');
    append_week(out, v, near);
    append_goals(out, f, v);
    out.key("next_bills");
    append_next(out, v, v.earlier_bills, v.bills, v.later_bills);
    out.key("next_transfers");
    append_next(out, v, v.earlier_transfers, v.transfers, v.later_transfers);
    out.key("last_transactions").open('[');
    for (const auto& t : f.transactions) append(out, t);
    out.close(']');
    append_insights(out, v);
    const auto numbers = numbers_if_any(f, v);
    append_members(out, numbers ? &*numbers : nullptr);
    out.close('}');
    return std::move(out.text);
}

}  // namespace mita::finance
