// Money, allocation, categories, day weights.
#include "finance/domain/money.hpp"
#include "finance/domain/allocate.hpp"
#include "finance/domain/taxonomy.hpp"
#include "unit/finance/domain/domain_support.hpp"

#include <set>

using namespace mita::finance;
using mita::finance::testing::holds;

namespace {

template <class A, class B>
concept addable = requires(A a, B b) { checked_add(a, b); };

civil_day parsed(std::string_view text) { return *parse_day(text); }

}  // namespace

TEST_CASE("amounts of two currencies do not add at compile time, and not at run time") {
    STATIC_REQUIRE(addable<amount_in<"EUR">, amount_in<"EUR">>);
    STATIC_REQUIRE_FALSE(addable<amount_in<"EUR">, amount_in<"USD">>);
    STATIC_REQUIRE_FALSE(addable<amount_in<"EUR">, amount>);
    CHECK(checked_add(amount_in<"EUR">{2}, amount_in<"EUR">{3})->minor == 5);
    CHECK_FALSE(checked_add(amount_in<"EUR">{max_amount}, amount_in<"EUR">{1}));
    const auto euro = *money::make(100, "EUR");
    CHECK(checked_add(euro, euro)->minor == 200);
    CHECK(checked_sub(euro, *money::make(250, "EUR"))->str() == "-1.50 EUR");
    CHECK_FALSE(checked_add(euro, *money::make(100, "USD")));
}

TEST_CASE("sums are checked at 2^53−1, either way") {
    CHECK(max_amount == 9007199254740991);
    CHECK(checked_add(max_amount, 0) == max_amount);
    CHECK_FALSE(checked_add(max_amount, 1));
    CHECK_FALSE(checked_sub(-max_amount, 1));
    CHECK_FALSE(checked_add(INT64_MAX, INT64_MAX));
    CHECK_FALSE(checked_sub(INT64_MIN, INT64_MAX));
    CHECK(checked_sum(std::vector<amount>{max_amount, max_amount, -max_amount}) == max_amount);
    CHECK_FALSE(checked_sum(std::vector<amount>{max_amount, 1}));
    CHECK_FALSE(money::make(max_amount + 1, "EUR"));
}

TEST_CASE("currencies have ISO's exponents, and those without one are refused") {
    const auto exponent = [](std::string_view code) {
        REQUIRE(find_currency(code) != nullptr);
        return find_currency(code)->exponent;
    };
    const std::set<std::string_view> zero{"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                          "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
    const std::set<std::string_view> three{"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};
    const std::set<std::string_view> four{"CLF", "UYW"};
    for (const auto& unit : currencies()) {
        INFO(unit.code);
        const int expected = zero.contains(unit.code)    ? 0
                             : three.contains(unit.code) ? 3
                             : four.contains(unit.code)  ? 4
                                                         : 2;
        CHECK(unit.exponent == expected);
        CHECK_FALSE(unit.name.empty());
        CHECK(find_currency(unit.code) == &unit);
    }
    CHECK(currencies().size() > 150);
    CHECK(exponent("EUR") == 2);
    CHECK(exponent("IQD") == 3);
    CHECK(exponent("UYW") == 4);
    for (const auto* code : {"XAU", "XAG", "XDR", "XTS", "XXX", "XBA", "XSU", "eur", "EU", "EURO", "", "ZZZ"}) {
        INFO(code);
        CHECK(find_currency(code) == nullptr);
        CHECK_FALSE(money::make(1, code));
    }
}

TEST_CASE("amounts are written exactly") {
    CHECK(format_decimal(-123456, 2) == "-1234.56");
    CHECK(format_decimal(5, 3) == "0.005");
    CHECK(format_decimal(-5, 2) == "-0.05");
    CHECK(format_decimal(0, 2) == "0.00");
    CHECK(format_decimal(7, 0) == "7");
    CHECK(format_decimal(-max_amount, 0) == "-9007199254740991");
    CHECK(format_decimal(INT64_MIN, 4) == "-922337203685477.5808");
    CHECK(money::make(1203320, "KWD")->str() == "1203.320 KWD");
}

TEST_CASE("allocation sums exactly, mirrors negatives, and is off by less than one unit") {
    CHECK(holds("allocate", [] {
        const auto total = *rc::gen::inRange<amount>(-max_amount, max_amount);
        auto weights = *rc::gen::container<std::vector<amount>>(rc::gen::element<amount>(0, 1, 3, 977, max_amount));
        weights.push_back(1);
        std::vector<amount> parts(weights.size()), mirrored(weights.size());
        allocate(total, weights, parts);
        allocate(-total, weights, mirrored);
        wide sum = 0, all = 0;
        for (std::size_t i = 0; i < parts.size(); ++i) {
            sum += parts[i];
            all += weights[i];
            RC_ASSERT(parts[i] == -mirrored[i]);
        }
        RC_ASSERT(sum == total);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            const wide gap = wide{parts[i]} * all - wide{total} * weights[i];
            RC_ASSERT(gap < all && gap > -all);
        }
    }));
}

TEST_CASE("spreading sums exactly, and each prefix is less than one unit below its ideal, for any size of weight") {
    CHECK(holds("spread", [] {
        const auto total = *rc::gen::inRange<amount>(0, max_amount);
        const auto scale = *rc::gen::element<amount>(1, 1000, 1000000, 1 << 30, max_amount / 8);
        auto weights = *rc::gen::container<std::vector<amount>>(rc::gen::inRange<amount>(0, 8));
        weights.push_back(1);
        wide all = 0, seen = 0, given = 0;
        for (auto& weight : weights) all += weight *= scale;
        std::vector<amount> parts(weights.size());
        spread(total, weights, parts);
        for (std::size_t i = 0; i < parts.size(); ++i) {
            seen += weights[i];
            given += parts[i];
            RC_ASSERT(given == wide{total} * seen / all);
        }
        RC_ASSERT(given == total);
    }));
}

TEST_CASE("categories: ids, classes and default weights are those of the product") {
    int weights = 0;
    for (const auto& category : default_categories()) {
        INFO(category.id);
        weights += category.weight_bp;
        CHECK(find_default_category(category.id) == &category);
        CHECK(resolve_category(category.id) == category.id);
        CHECK(resolve_category(category.name) == category.id);
        CHECK(parse_class(class_name(category.cls)) == category.cls);
        const bool spends_daily = category.cls != category_class::protected_ && category.cls != category_class::income;
        CHECK((category.weight_bp == 0 || spends_daily));
    }
    CHECK(weights == 10000);
    CHECK(default_categories().size() == 26);
    CHECK(find_default_category("housing")->cls == category_class::protected_);
    CHECK(find_default_category("dining_out")->weight_bp == 1100);
}

TEST_CASE("categories: names people use resolve, unknown ones do not") {
    CHECK(resolve_category("food") == "groceries");
    CHECK(resolve_category("Restaurant") == "dining_out");
    CHECK(resolve_category("RENT") == "housing");
    CHECK(resolve_category("Eating out") == "dining_out");
    CHECK(resolve_category("Food & drink") == "groceries");
    CHECK(resolve_category("public-transport") == "transport");
    CHECK(resolve_category("salary") == "salary");
    for (const auto* text :
         {"", " ", "asdf", "groceriesx", "grocer", "a text far longer than any alias could ever be"}) {
        INFO(text);
        CHECK_FALSE(resolve_category(text));
    }
}

TEST_CASE("policies and rollovers are read strictly and written back") {
    for (const auto* text : {"even", "carry", "save", "static", "window:1", "window:7", "window:31"}) {
        REQUIRE(parse_policy(text));
        CHECK(format_policy(*parse_policy(text)) == text);
    }
    for (const auto* text :
         {"", "window", "window:", "window:0", "window:07", "window:32", "window:-1", "window:7 ", "Even"}) {
        INFO(text);
        CHECK_FALSE(parse_policy(text));
    }
    for (const auto* text : {"none", "surplus", "deficit", "both"}) CHECK(rollover_name(*parse_rollover(text)) == text);
    CHECK_FALSE(parse_rollover("all"));
}

TEST_CASE("history leans the weekdays, shrunk to uniform by the weeks seen") {
    const auto from = parsed("2026-01-05");  // a Monday
    CHECK(weights_from_history({}, from, from + std::chrono::days{56}).kind == weight_kind::uniform);
    std::vector<spent_day> history;
    for (int week = 0; week < 8; ++week) history.push_back({from + std::chrono::days{7 * week + 5}, 7000});
    const auto rule = weights_from_history(history, from, from + std::chrono::days{56});
    CHECK(rule.kind == weight_kind::weekday);
    // Saturday (8·7000 + 8·1000)/16, the others (8·0 + 8·1000)/16.
    CHECK(rule.weekday == std::array<amount, 7>{500, 500, 500, 500, 500, 4000, 500});
    const auto weights = weights_for(rule, period_of(*parse_month("2026-04")));
    CHECK(weights[0] == 500);
    CHECK(weights[3] == 4000);
    CHECK(weights_for({.kind = weight_kind::custom, .custom = {5, -2, max_weight + 9}},
                      period_of(*parse_month("2026-02")))[2] == max_weight);
}
