// Facts made by hand for tests of planning and views: a person, their answers, what they spent.
#pragma once

#include "finance/month/month_facts.hpp"
#include "finance/month/month_view.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/fields.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace planning_support {

using namespace mita;
using namespace mita::finance;

inline civil_day day(std::string_view text) { return parse_day(text).value(); }
// A calendar month by its first day; the one so many after; its days.
inline civil_day month(std::string_view text) { return clamped_day(parse_month(text).value(), 1); }
inline civil_day later(civil_day first, int months) {
    return clamped_day(month_of(first) + std::chrono::months{months}, 1);
}
inline period whole(civil_day first) { return period_of(month_of(first)); }

inline plan_start from_month(std::string_view text) {
    plan_start from;
    from.over = whole(month(text));
    from.chain_from = from.over.start;
    return from;
}

// The worked example: pool 1203.32.
inline const char* april_body = R"({"timezone":"Europe/Sofia","currency":"EUR",
 "incomes":[{"name":"Salary","money":{"amount":300000,"currency":"EUR"},"day":1}],
 "bills":[{"name":"Rent","category":"rent","money":{"amount":120000,"currency":"EUR"},"day":1},
          {"name":"Utilities","category":"utilities","money":{"amount":15000,"currency":"EUR"},"day":5},
          {"name":"Phone","category":"communication","money":{"amount":3001,"currency":"EUR"},"day":10},
          {"name":"Laptop","category":"debt","money":{"amount":10000,"currency":"EUR"},"day":15}],
 "goals":[{"name":"Emergency fund","target_money":{"amount":240000,"currency":"EUR"},"by":"2026-12-31"}],
 "buffer_money":{"amount":5000,"currency":"EUR"},
 "categories":[{"category":"groceries","weight":45},{"category":"transport","weight":15},
               {"category":"dining_out","weight":25},{"category":"entertainment","weight":15}]})";

inline plan_inputs april() { return read_plan_inputs(april_body, category_book(), nullptr); }

// As facts_store does: what each month's latest revision expects, and the months to come.
inline void expect(month_facts& f) {
    f.expects.clear();
    for (const auto& p : f.periods) {
        month_expects m{p->over(), {}, p->incomes};
        for (const auto& o : p->obligations)
            if (m.over.contains(o.day)) m.bills.push_back(o);
        if (!f.expects.empty() && f.expects.back().over == m.over) f.expects.pop_back();
        f.expects.push_back(std::move(m));
    }
    f.expect_months_to_come();
}

// A person who joined on `joined` with these answers, and the months opened through `last`.
inline month_facts joined(const plan_inputs& a, std::string_view joined_on, std::string_view last) {
    month_facts f;
    f.who.timezone = a.timezone;
    f.who.currency = a.currency;
    f.who.onboarded_on = f.who.planned_from = day(joined_on);
    f.who.plan_version = 1;
    f.inputs_text = to_json(a);
    plan_start from;
    from.over = a.periods.containing(day(joined_on));
    from.chain_from = from.over.start;
    const auto count = static_cast<int>(a.periods.steps(from.over.start, month(last))) + 1;
    auto planned = plan_months(a, f.book, day(joined_on), from, count);
    for (auto& p : *planned) f.periods.push_back(std::make_shared<const stored_period>(std::move(p)));
    expect(f);
    return f;
}

inline void spend(month_facts& f, std::string_view on, std::string_view category, amount value) {
    f.actuals.push_back({day(on), std::string(category), value});
    payment p;
    p.transaction_id = new_uuid();
    p.category = std::string(category);
    p.booked_on = day(on);
    p.value = value;
    f.payments.push_back(p);
}

}  // namespace planning_support
