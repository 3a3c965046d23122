// A planned transfer in the plan: each occurrence is reserved in its month as a bill is, and knows its two accounts.
#include "finance/month/settlements.hpp"
#include "finance/plan/recurring.hpp"
#include "unit/finance/planning_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

using namespace planning_support;

namespace {

const route to_savings{uuid::parse("019d4a5c-7c20-7a01-9b02-000000000001").value(),
                       uuid::parse("019d4a5c-7c20-7a01-9b02-000000000002").value()};
const route to_another{to_savings.from, uuid::parse("019d4a5c-7c20-7a01-9b02-000000000003").value()};

plan_inputs::transfer savings() { return {"savings", "To savings", "other", 20'000, 15, {}, to_savings}; }

plan_inputs with_savings() {
    auto a = april();
    a.transfers.push_back(savings());
    return a;
}

amount due_of_month(const plan_inputs& a, std::string_view label) {
    const auto f = joined(a, "2026-04-01", label);
    return f.revisions_of(month(label)).back()->budget.pool.obligations;
}

bool met_by(const std::optional<route>& way, std::string_view linked_to = {}) {
    auto f = joined(with_savings(), "2026-04-01", "2026-04");
    spend(f, "2026-04-15", "other", 20'000);
    f.payments.back().between = way;
    f.payments.back().bill_id = linked_to;
    return settlements(f).of_bill("savings:2026-04-15").settled_on.has_value();
}

}  // namespace

TEST_CASE("a planned transfer is reserved in each of its months, out of its category's budget") {
    for (const auto* label : {"2026-04", "2026-05"})
        CHECK(due_of_month(with_savings(), label) == due_of_month(april(), label) + 20'000);
    const auto f = joined(with_savings(), "2026-04-01", "2026-04");
    const auto v = view_month(f, month("2026-04"), day("2026-04-01"));
    REQUIRE(v.find("other"));
    CHECK(v.plan.categories[*v.find("other")].budget == 20'000);
}

TEST_CASE("by itself only a transfer between its two accounts meets a planned one; a link is the person's word") {
    CHECK(met_by(to_savings));
    CHECK_FALSE(met_by(to_another));
    CHECK_FALSE(met_by(std::nullopt));
    CHECK(met_by(std::nullopt, "savings:2026-04-15"));
}

TEST_CASE("inputs without planned transfers are stored as ever, and those with them survive storage, months too") {
    CHECK(to_json(april()).find("transfers") == std::string::npos);
    auto a = with_savings();
    a.transfers[0].more.other_end = 15'000;
    a.transfers[0].more.paused = finance::pause{day("2026-05-01")};
    const auto text = to_json(a);
    const auto read = plan_inputs_from_json(text);
    REQUIRE(read.transfers.size() == 1);
    CHECK(read.transfers[0].between == to_savings);
    CHECK(read.transfers[0].more == a.transfers[0].more);
    CHECK(to_json(read) == text);
    const auto f = joined(a, "2026-04-01", "2026-04");
    const auto stored = read_obligations(obligations_json(*f.periods[0]));
    const auto there = std::ranges::find(stored, "savings:2026-04-15", &obligation::id);
    REQUIRE(there != stored.end());
    CHECK(there->between == to_savings);
    CHECK(there->least == 15'000);
}

TEST_CASE("answers given anew keep planned transfers, and recurring finds, changes and takes them away") {
    auto before = with_savings();
    const auto now = read_plan_inputs(april_body, category_book(), &before);
    REQUIRE(now.transfers.size() == 1);
    CHECK(now.transfers[0].id == "savings");
    auto found = find_recurring(before, "savings");
    REQUIRE(found);
    CHECK(found->is_transfer());
    found->between = to_another;
    put_recurring(before, *found);
    REQUIRE(before.transfers.size() == 1);
    CHECK(before.transfers[0].between == to_another);
    CHECK(recurring_of(before).size() == before.incomes.size() + before.bills.size() + 1);
    remove_recurring(before, "savings");
    CHECK(before.transfers.empty());
}

TEST_CASE("transfers planned between accounts on budget never change what the budget is, whatever they are") {
    const bool holds = rc::check("Σ budgets, pool and obligations are as without them", [] {
        auto a = april();
        const auto count = *rc::gen::inRange(1, 8);
        for (int i = 0; i < count; ++i) {
            auto t = savings();
            t.id += std::to_string(i);
            t.category.clear();
            t.value = *rc::gen::inRange<amount>(0, max_amount / 100);
            t.day = *rc::gen::inRange(1, 32);
            a.transfers.push_back(t);
        }
        const auto last = *rc::gen::element("2026-04", "2026-06");
        const auto with = joined(a, "2026-04-01", last), without = joined(april(), "2026-04-01", last);
        const auto v = view_month(with, month(last), day("2026-04-01"));
        const auto w = view_month(without, month(last), day("2026-04-01"));
        RC_ASSERT(v.transfers.size() == static_cast<std::size_t>(count));
        RC_ASSERT(v.bills.size() == w.bills.size());
        RC_ASSERT(v.budget->budget.pool.pool == w.budget->budget.pool.pool);
        RC_ASSERT(v.categories.size() == w.categories.size());
        for (std::size_t c = 0; c < v.categories.size(); ++c) {
            RC_ASSERT(v.categories[c].id == w.categories[c].id);
            RC_ASSERT(v.categories[c].budget == w.categories[c].budget);
            RC_ASSERT(v.plan.categories[c].budget == w.plan.categories[c].budget);
        }
    });
    CHECK(holds);
}

TEST_CASE("P4: each planned transfer is met at most once, by one transfer, in any order of them") {
    const bool holds = rc::check("the same occurrences are met in any order", [] {
        auto a = april();
        for (const auto& [id, way] : {std::pair{"savings", to_savings}, std::pair{"another", to_another}}) {
            auto t = savings();
            t.id = id;
            t.category.clear();
            t.between = way;
            t.more.rule = recurrence{};
            t.more.rule->anchor = day("2026-04-02");
            t.more.rule->unit = recurrence_unit::week;
            a.transfers.push_back(t);
        }
        auto f = joined(a, "2026-04-01", "2026-04");
        const auto count = *rc::gen::inRange(0, 14);
        for (int i = 0; i < count; ++i) {
            payment p;
            p.transaction_id = new_uuid();
            p.booked_on = day("2026-04-01") + std::chrono::days{*rc::gen::inRange(0, 30)};
            p.value = *rc::gen::element<amount>(20'000, 19'000, 23'999, 5'000);
            p.between = *rc::gen::element(to_savings, to_another);
            f.payments.push_back(p);
        }
        const auto look = [&f] {
            std::vector<std::tuple<std::string, bill_status, amount>> out;
            for (const auto& t : view_month(f, month("2026-04"), day("2026-04-30")).transfers) {
                RC_ASSERT(t.payments.size() <= 1);
                out.emplace_back(t.what.id, t.status, t.paid);
            }
            return out;
        };
        const auto first = look();
        RC_ASSERT(first.size() == 10);
        for (auto i = f.payments.size(); i > 1; --i)
            std::swap(f.payments[i - 1], f.payments[*rc::gen::inRange<std::size_t>(0, i)]);
        RC_ASSERT(look() == first);
    });
    CHECK(holds);
}
