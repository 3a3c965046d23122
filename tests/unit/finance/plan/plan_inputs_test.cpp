#include "unit/finance/planning_support.hpp"

#include "core/error.hpp"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace planning_support;

namespace {

api_error refused(std::string_view body) {
    try {
        read_plan_inputs(body, category_book(), nullptr);
    } catch (const api_error& e) {
        return e;
    }
    FAIL("accepted");
    throw std::logic_error("unreachable");
}

bool has(const api_error& e, std::string_view pointer, std::string_view code) {
    return std::ranges::any_of(e.errors, [&](const auto& f) { return f.pointer == pointer && f.code == code; });
}

}  // namespace

TEST_CASE("answers survive storage, with ids, weights, policies and pins") {
    const auto a = read_plan_inputs(R"({"timezone":"America/Los_Angeles","currency":"JPY","incomes":[],"bills":[
        {"name":"Net","category":"internet","money":{"amount":500,"currency":"JPY"},"day":31}],
        "categories":[{"category":"FOOD","budget_money":{"amount":9000,"currency":"JPY"},"policy":"window:7","rollover":"both",
          "rollover_cap_money":{"amount":100,"currency":"JPY"},"day_weights":{"kind":"custom","weights":[1,2,3],
          "pinned":[{"day":2,"money":{"amount":50,"currency":"JPY"}}]}},
          {"category":"Dining Out","weight":3,"day_weights":{"kind":"weekday","weights":[1,1,1,1,2,3,3]}}]})",
                                    category_book(), nullptr);
    CHECK(a.categories[0].id == "groceries");
    CHECK(a.categories[1].id == "dining_out");
    CHECK(!a.default_weights);
    const auto text = to_json(a);
    CHECK(to_json(plan_inputs_from_json(text)) == text);
    const auto b = plan_inputs_from_json(text);
    CHECK(b.bills[0].id == a.bills[0].id);
    CHECK(b.categories[0].weights == a.categories[0].weights);
    CHECK(b.categories[0].roll == a.categories[0].roll);
    CHECK(b.categories[1].weights.weekday[6] == 3);
}

TEST_CASE("what GET /v1/onboarding shows is what PUT takes") {
    const auto a = april();
    json_out out;
    out.open('{');
    append_members(out, a);
    out.close('}');
    const auto again_given = read_plan_inputs(out.text, category_book(), &a);
    CHECK(to_json(again_given) == to_json(a));
}

TEST_CASE("a category archived since stays where the answers before name it, and is unknown anywhere else") {
    const auto a = april();
    std::vector<category_entry> own(2);
    for (std::size_t i = 0; i < own.size(); ++i) {
        own[i].id = i == 0 ? "housing" : "debt";
        own[i].archived = true;
        own[i].version = 1;
    }
    const category_book book(own);
    CHECK(to_json(read_plan_inputs(april_body, category_book(), &a)) == to_json(a));
    std::string body = april_body;  // which says "rent" for housing, a word that is gone with the category
    body.replace(body.find("\"rent\""), 6, "\"housing\"");
    CHECK(read_plan_inputs(body, book, &a).bills[0].id == a.bills[0].id);
    CHECK_THROWS_AS(read_plan_inputs(body, book, nullptr), api_error);
    CHECK_THROWS_AS(read_plan_inputs(april_body, book, &a), api_error);
}

TEST_CASE("bills and goals keep their ids over replanning while their names stay") {
    const auto a = april();
    const auto b = read_plan_inputs(april_body, category_book(), &a);
    CHECK(b.bills[2].id == a.bills[2].id);
    CHECK(b.goals[0].id == a.goals[0].id);
}

TEST_CASE("all findings come back at once, each with its pointer") {
    const auto e = refused(
        R"({"timezone":"Mars/Base","currency":"EUR","incomes":[{"name":"","money":{"amount":1.5,"currency":"EUR"},"day":0}],
        "bills":[{"name":"Rent","category":"unobtainium","money":{"amount":-5,"currency":"USD"},"day":32}],
        "goals":[{"name":"x","target_money":{"amount":1,"currency":"EUR"},"by":"2026-02-31"}],
        "categories":[{"category":"groceries","weight":1,"budget_money":{"amount":1,"currency":"EUR"},"policy":"never"}],"extra":1})");
    CHECK(e.status == 422);
    CHECK(e.code == "validation_failed");
    CHECK(has(e, "/timezone", "unknown_timezone"));
    CHECK(has(e, "/incomes/0/money/amount", "not_an_integer"));
    CHECK(has(e, "/bills/0/category", "unknown_category"));
    CHECK(has(e, "/bills/0/money/currency", "currency_mismatch"));
    CHECK(has(e, "/goals/0/by", "invalid_date"));
    CHECK(has(e, "/categories/0/weight", "ambiguous"));
    CHECK(has(e, "/categories/0/policy", "unknown_policy"));
    CHECK(has(e, "/extra", "unknown_field"));
}

TEST_CASE("an unknown category alone answers with its own code and the list") {
    const auto e = refused(
        R"({"timezone":"UTC","currency":"EUR","incomes":[],"bills":[],"categories":[{"category":"unobtainium"}]})");
    CHECK(e.code == "unknown_category");
    CHECK(std::string(e.what()).find("groceries") != std::string::npos);
}

TEST_CASE("the same category twice, an income category and 2^53 are refused") {
    const auto e = refused(
        R"({"timezone":"UTC","currency":"EUR","incomes":[],"bills":[],"buffer_money":{"amount":9007199254740992,"currency":"EUR"},
        "categories":[{"category":"groceries"},{"category":"food"},{"category":"salary","weight":1}]})");
    CHECK(has(e, "/categories/1/category", "duplicate_category"));
    CHECK(has(e, "/categories/2/category", "income_category"));
    CHECK(std::ranges::any_of(e.errors, [](const auto& f) { return f.pointer == "/buffer_money/amount"; }));
}

TEST_CASE("a stored budget reads back as it was, an infeasible one with what breaks") {
    auto a = april();
    a.categories[0].weights.kind = weight_kind::weekday;
    a.categories[0].roll.kind = rollover_kind::surplus;
    a.incomes[0].value = 100000;
    const auto f = joined(a, "2026-04-11", "2026-04");
    const auto& p = *f.periods.front();
    REQUIRE(p.budget.problem);
    stored_period q;
    q.budget.over = p.budget.over;
    read_budget(q, budget_json(p), obligations_json(p));
    CHECK(budget_json(q) == budget_json(p));
    CHECK(obligations_json(q) == obligations_json(p));
    CHECK(q.budget.problem->shortfall == p.budget.problem->shortfall);
    CHECK(q.budget.joined == 10);
    CHECK(q.budget.over == p.budget.over);
}

TEST_CASE("a month's obligations hold the neighbours' two weeks, clamped to month ends") {
    auto a = april();
    a.bills[0].day = 31;
    const auto f = joined(a, "2026-01-01", "2026-03");
    const auto& february = *f.periods[1];
    std::vector<std::string> rent;
    for (const auto& o : february.obligations)
        if (o.category == "housing") rent.push_back(format_day(o.day));
    CHECK(rent == std::vector<std::string>{"2026-01-31", "2026-02-28"});
    for (const auto& o : f.periods[0]->obligations) CHECK(o.day >= day("2026-01-01"));
}

TEST_CASE("the person's own names and aliases come before the built-in ones, archived categories are not found") {
    std::vector<category_entry> own(2);
    own[0].id = "food_court";
    own[0].name = "Food";
    own[0].aliases = {"canteen"};
    own[0].cls = category_class::essential;
    own[0].version = 1;
    own[1].id = "coffee";
    own[1].name = "Coffee";
    own[1].archived = true;
    own[1].version = 1;
    const category_book book(own);
    CHECK(book.resolve("FOOD") == "food_court");
    CHECK(book.resolve("canteen") == "food_court");
    CHECK(book.resolve("groceries") == "groceries");
    CHECK(!book.resolve("coffee"));
    CHECK(book.find("coffee") != nullptr);
    CHECK(!book.resolve("unobtainium"));
    CHECK(book.position("food_court") > book.position("health"));
    CHECK(book.position("food_court") < book.position("clothing"));
}
