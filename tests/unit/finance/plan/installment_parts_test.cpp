// L6 in the plan: each part to come is reserved in its month as a bill is; who has none plans as ever.
#include "finance/plan/installment_parts.hpp"
#include "unit/finance/planning_support.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace planning_support;

namespace {

plan_inputs::installment laptop() {
    plan_inputs::installment i;
    i.id = "laptop";
    i.name = "Laptop";
    i.category = "shopping";
    i.what = {100'000, 3, 0, day("2026-04-30")};
    i.since = day("2026-04-03");
    return i;
}

amount due_of_month(const plan_inputs& a, std::string_view label) {
    const auto f = joined(a, "2026-04-01", label);
    return f.revisions_of(month(label)).back()->budget.pool.obligations;
}

}  // namespace

TEST_CASE("L6: each month reserves the part that is due in it, and none after the last") {
    const auto without = april();
    auto with = without;
    with.installments.push_back(laptop());
    CHECK(due_of_month(with, "2026-04") == due_of_month(without, "2026-04") + 33334);
    CHECK(due_of_month(with, "2026-05") == due_of_month(without, "2026-05") + 33333);
    CHECK(due_of_month(with, "2026-06") == due_of_month(without, "2026-06") + 33333);
    CHECK(due_of_month(with, "2026-07") == due_of_month(without, "2026-07"));
}

TEST_CASE("L6: parts due before the plan knew of it are of no month") {
    auto a = april();
    a.installments.push_back(laptop());
    a.installments[0].what.first = day("2026-03-02");
    a.installments[0].since = day("2026-04-03");
    CHECK(due_of_month(a, "2026-04") == due_of_month(april(), "2026-04"));
    CHECK(due_of_month(a, "2026-05") == due_of_month(april(), "2026-05") + 33333);
}

TEST_CASE("L6: a payoff takes the place of what is left, with a name of its own beside its month's part") {
    auto a = april();
    a.installments.push_back(laptop());
    a.installments[0].what.payoff = early_payoff{day("2026-05-31"), 2};
    const auto parts = parts_of(a.installments[0]);
    REQUIRE(parts.size() == 3);
    CHECK(parts[1].id == "laptop:2026-05-30");
    CHECK(parts[2].id == "laptop.2:2026-05-31");
    CHECK(due_of_month(a, "2026-05") == due_of_month(april(), "2026-05") + 66666);
    CHECK(due_of_month(a, "2026-06") == due_of_month(april(), "2026-06"));
}

TEST_CASE("inputs without installments are stored as ever, and those with them survive storage") {
    auto a = april();
    CHECK(to_json(a).find("installments") == std::string::npos);
    a.installments.push_back(laptop());
    a.installments.push_back(laptop());
    a.installments[1].transaction = "019d4a5c-7c20-7a01-9b02-0123456789ab";
    a.installments[1].what.interest_bp = 590;
    a.installments[1].what.payoff = early_payoff{day("2026-05-31"), 1};
    const auto text = to_json(a);
    const auto read = plan_inputs_from_json(text);
    REQUIRE(read.installments.size() == 2);
    CHECK(read.installments[1].what == a.installments[1].what);
    CHECK(to_json(read) == text);
}

TEST_CASE("answers given anew keep what is paid back in parts") {
    auto before = april();
    before.installments.push_back(laptop());
    const auto now = read_plan_inputs(april_body, category_book(), &before);
    REQUIRE(now.installments.size() == 1);
    CHECK(now.installments[0].id == "laptop");
}
