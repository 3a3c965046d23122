#include "unit/finance/planning_support.hpp"

#include "finance/month/replan.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <memory>
#include <set>

using namespace planning_support;

namespace {

constexpr int months_open = 7;  // more than any month sees of the others

struct linked_entry {
    civil_day day;
    std::string category;
    amount value;      // positive: spent, or come in
    std::string link;  // of the occurrence; empty: none
    bool income;
};

template <class T>
T any(std::initializer_list<T> of) {
    return *rc::gen::elementOf(std::vector<T>(of));
}

plan_inputs any_inputs(const plan_inputs* before) {
    plan_inputs a = before != nullptr ? *before : april();
    const auto few = [] { return *rc::gen::inRange(0, 4); };
    const auto move = [&](auto& x, std::initializer_list<std::string> categories) {
        if (few() == 0) x.day = *rc::gen::inRange(1, 32);
        if (few() == 0) x.value = *rc::gen::inRange<amount>(1, 200000);
        if (few() == 0) x.category = any(categories);
        if (few() == 0) x.name = any<std::string>({"One", "Two"});
    };
    for (auto& b : a.bills) move(b, {"housing", "utilities", "debt", "groceries"});
    for (auto& i : a.incomes) move(i, {"salary", "other_income"});
    if (few() == 0 && !a.bills.empty()) a.bills.erase(a.bills.begin() + *rc::gen::inRange<int>(0, a.bills.size()));
    if (few() == 0 && !a.incomes.empty()) a.incomes.pop_back();
    if (few() == 0) a.bills.push_back({new_uuid().str(), "Again", "housing", 120000, *rc::gen::inRange(1, 32)});
    if (few() == 0) a.incomes.push_back({new_uuid().str(), "Again", "salary", 250000, *rc::gen::inRange(1, 32)});
    return a;
}

// What the months as they are open expect, by id: its category and whether it is an income.
std::map<std::string, link_target> occurrences(const month_facts& f) {
    std::map<std::string, link_target> out;
    for (const auto& m : f.expects) {
        if (m.over.start > f.last_opened()->start()) break;
        for (const auto& o : m.bills) out[o.id] = {o.category, false, o.day};
        for (const auto& i : m.incomes) out[i.id] = {i.category, true, i.day};
    }
    return out;
}

std::string key(const std::string& id) { return std::string(occurrence_key(id)); }

// As the store does with a replanning: a link to what is not expected any more is none.
void unlink_lost(std::vector<linked_entry>& entries, const month_facts& f) {
    std::set<std::string> there;
    for (const auto& [id, _] : occurrences(f)) there.insert(key(id));
    for (auto& e : entries)
        if (!there.contains(key(e.link))) e.link.clear();
}

void book(month_facts& f, const std::vector<linked_entry>& entries) {
    f.actuals.clear();
    f.payments.clear();
    for (const auto& e : entries) {
        spend(f, format_day(e.day), e.category, e.income ? -e.value : e.value);
        f.payments.back().bill_id = e.link;
    }
}

// As facts_store brings them for one month: what it and reach_months on either side expect, of others what its entries
// are linked to.
month_facts seen_from(const month_facts& all, civil_day month) {
    month_facts f = all;
    const auto known = occurrences(all);
    const auto last = all.last_opened()->start();
    std::erase_if(f.expects, [&](const month_expects& m) {
        return std::abs(f.rules.steps(m.over.start, month)) > 3 && m.over.start < last;
    });
    for (const auto& p : f.payments)
        for (const auto& [id, what] : known)
            if (whole(month).contains(p.booked_on) && key(id) == key(p.bill_id)) f.know_linked(p.bill_id, what);
    return f;
}

void replan(month_facts& f, const plan_inputs& a, civil_day today) {
    loaded_month got{f, today, whole(today), f.last_opened()->over().last_day()};
    for (auto& p : replanned(got, a, today)) {
        std::erase_if(f.periods,
                      [&](const period_ptr& q) { return q->start() == p.start() && q->revision == p.revision; });
        const auto at = std::ranges::find_if(f.periods, [&](const period_ptr& q) { return q->start() > p.start(); });
        f.periods.insert(at, std::make_shared<const stored_period>(std::move(p)));
    }
    f.inputs_text = to_json(a);
    expect(f);
}

}  // namespace

TEST_CASE("P4: whatever is linked to which month and planned anew, each unit counts once over all months") {
    CHECK(rc::check("linked once", [] {
        auto inputs = any_inputs(nullptr);
        auto f = joined(inputs, "2026-04-01", "2026-10");
        std::vector<linked_entry> entries;
        auto today = day("2026-04-01");
        for (int steps = *rc::gen::inRange(1, 8); steps > 0; --steps) {
            today += std::chrono::days(*rc::gen::inRange(0, 25));
            if (*rc::gen::inRange(0, 3) == 0) {
                book(f, entries);
                inputs = any_inputs(&inputs);
                replan(f, inputs, today);
                unlink_lost(entries, f);
                continue;
            }
            const auto known = occurrences(f);
            if (known.empty()) continue;
            const auto [id, what] = *std::next(known.begin(), *rc::gen::inRange<int>(0, known.size()));
            const auto booked = day("2026-04-01") + std::chrono::days(*rc::gen::inRange(0, 30 * months_open));
            entries.push_back({booked, what.category, *rc::gen::inRange<amount>(1, 150000),
                               *rc::gen::inRange(0, 4) == 0 ? std::string() : id, what.income});
        }
        book(f, entries);
        amount spent = 0, came = 0, counted = 0, received = 0;  // the last two: by either way to the facts
        for (const auto& e : entries) (e.income ? came : spent) += e.value;
        for (int i = 0; i < months_open + 1; ++i) {
            const auto month = later(day("2026-04-01"), i);
            for (const auto& facts : {f, seen_from(f, month)}) {
                const auto v = view_month(facts, month, day("2026-12-31"));
                for (const auto& c : v.categories) counted += c.spent_total;
                for (const auto& x : v.in.incomes)
                    for (const auto& r : x.receipts) received += r.value;
                for (const auto& w : v.in.windfalls) received += w.value;
            }
        }
        RC_ASSERT(counted == 2 * spent);
        RC_ASSERT(received == 2 * came);
    }));
}
