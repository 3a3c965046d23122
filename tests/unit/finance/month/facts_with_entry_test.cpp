#include "unit/finance/planning_support.hpp"

#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_json.hpp"
#include "finance/month/spend_effect.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace planning_support;

namespace {

// One to three lines around bills, incomes and daily parts, near the edges of
// months too.
transaction any_entry() {
    static const std::vector<std::string> names{"groceries", "housing",  "dining_out", "communication",
                                                "utilities", "clothing", "salary"};
    transaction t;
    t.id = new_uuid();
    t.booked_on = day("2026-03-25") + std::chrono::days{*rc::gen::inRange(0, 60)};
    const int lines = *rc::gen::inRange(1, 4);
    for (int i = 0; i < lines; ++i) {
        transaction_line line;
        line.category = names[*rc::gen::inRange<std::size_t>(0, names.size())];
        const bool income = line.category == "salary";
        line.value = *rc::gen::element<amount>(-120000, -60000, -15000, -3001, -700, 250, 150000, 300000);
        if (income) line.value = std::abs(line.value);
        t.value += line.value;
        t.lines.push_back(std::move(line));
    }
    t.bill_unlinked = *rc::gen::inRange(0, 6) == 0;
    return t;
}

std::string told(const month_facts& f, civil_day today) {
    json_out out(f.who.currency);
    const auto effect = effect_of(f, today);
    if (effect) append(out, *effect);
    return month_json(f, view_month(f, month("2026-04"), today)) +
           month_json(f, view_month(f, month("2026-05"), today)) + out.text;
}

}  // namespace

TEST_CASE(
    "P4: what is put into a month and taken out again leaves every "
    "figure as it was, in whatever order") {
    CHECK(rc::check([] {
        auto f = joined(april(), "2026-04-01", "2026-05");
        std::vector<transaction> there;
        const int count = *rc::gen::inRange(0, 8);
        for (int i = 0; i < count; ++i) {
            there.push_back(any_entry());
            add_entry(f, there.back());
        }
        const auto today = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 45)};
        const auto before = told(f, today);
        const auto one = any_entry();
        auto other = any_entry();
        other.id = one.id;
        auto g = f;
        replace_entry(g, nullptr, &one);
        const auto with_one = told(g, today);
        replace_entry(g, &one, &other);
        auto h = f;
        replace_entry(h, nullptr, &other);
        RC_ASSERT(told(g, today) == told(h, today));  // a change is what writing it anew would be
        replace_entry(g, &other, &one);
        RC_ASSERT(told(g, today) == with_one);
        replace_entry(g, &one, nullptr);
        RC_ASSERT(told(g, today) == before);
        if (there.empty()) return;
        replace_entry(g, &there.front(), nullptr);
        replace_entry(g, nullptr, &there.front());
        RC_ASSERT(told(g, today) == before);
    }));
}
