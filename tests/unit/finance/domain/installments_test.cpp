// L6: what is paid back in parts is paid back exactly, for any terms, and after an early payoff.
#include "finance/domain/installments.hpp"
#include "finance/domain/recurrence.hpp"
#include "unit/finance/domain/domain_support.hpp"

#include <cmath>
#include <set>

using namespace mita::finance;
using mita::finance::testing::holds;

namespace {

civil_day installments_day(int year, unsigned month, unsigned day) {
    return civil_day(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day));
}

installment_terms terms_of(amount principal, int count, int bp = 0, civil_day first = installments_day(2026, 5, 31)) {
    return {principal, count, bp, first};
}

installment_terms any_terms() {
    installment_terms t;
    t.count = *rc::gen::inRange(fewest_parts, most_parts + 1);
    t.principal = *rc::gen::oneOf(rc::gen::inRange<amount>(1, 300), rc::gen::inRange<amount>(1, 100'000'000),
                                  rc::gen::inRange<amount>(1, max_amount / 16), rc::gen::just(max_amount / 16));
    t.interest_bp = *rc::gen::oneOf(rc::gen::just(0), rc::gen::inRange(1, 3000), rc::gen::inRange(1, 10'001));
    t.first = installments_day(2023, 12, 1) + std::chrono::days{*rc::gen::inRange(0, 500)};
    return t;
}

std::vector<amount> values_of(const installment_terms& t) {
    std::vector<amount> out;
    for (const auto& p : schedule_of(t)) out.push_back(p.value());
    return out;
}

// Each part pays something back, what is left falls by that to nothing, days come one after the other.
void check_law(const installment_terms& t, const std::vector<installment_part>& parts) {
    wide sum = 0;
    amount left = t.principal;
    for (std::size_t k = 0; k < parts.size(); ++k) {
        const auto& p = parts[k];
        RC_ASSERT(p.principal >= 1);
        RC_ASSERT(p.interest >= 0);
        left -= p.principal;
        RC_ASSERT(p.left == left);
        RC_ASSERT(p.number == static_cast<int>(k) + 1);
        sum += p.principal;
    }
    RC_ASSERT(sum == wide{t.principal});
    RC_ASSERT(parts.back().left == 0);
}

}  // namespace

TEST_CASE("L6: 1,000.00 in three parts are 333.34, 333.33 and 333.33, on the last day of each month") {
    const auto parts = schedule_of(terms_of(100'000, 3));
    CHECK(values_of(terms_of(100'000, 3)) == std::vector<amount>{33334, 33333, 33333});
    REQUIRE(parts.size() == 3);
    CHECK(parts[0].day == installments_day(2026, 5, 31));
    CHECK(parts[1].day == installments_day(2026, 6, 30));
    CHECK(parts[2].day == installments_day(2026, 7, 31));
}

TEST_CASE("L6: 1,000.00 at 12 % in twelve parts are 88.85 each, and 88.84 at last") {
    const auto values = values_of(terms_of(100'000, 12, 1200));
    REQUIRE(values.size() == 12);
    for (std::size_t k = 0; k < 11; ++k) CHECK(values[k] == 8885);
    CHECK(values.back() == 8884);
    const auto parts = schedule_of(terms_of(100'000, 12, 1200));
    CHECK(parts[0].interest == 1000);
    CHECK(parts[1].interest == 921);  // of 921.15
}

TEST_CASE("L6: for any terms the parts pay back the principal exactly, each something, no two on one day") {
    CHECK(holds("L6 a schedule pays back exactly", [] {
        const auto t = any_terms();
        const auto parts = schedule_of(t);
        if (parts.empty()) {  // only where a unit is too coarse for the terms
            RC_ASSERT(t.principal < 2'000'000);
            return;
        }
        RC_ASSERT(static_cast<int>(parts.size()) == t.count);
        check_law(t, parts);
        recurrence monthly;
        monthly.anchor = t.first;
        for (std::size_t k = 0; k < parts.size(); ++k) {
            RC_ASSERT(parts[k].day == monthly.scheduled(static_cast<std::int64_t>(k)));
            if (k > 0) RC_ASSERT(parts[k].day > parts[k - 1].day);
            if (t.interest_bp > 0 && k + 1 < parts.size()) RC_ASSERT(parts[k].value() == parts[0].value());
            if (t.interest_bp == 0) RC_ASSERT(parts[0].value() - parts[k].value() <= 1);
        }
    }));
}

TEST_CASE("L6: with interest each part is the annuity to the nearest unit") {
    CHECK(holds("L6 parts are the annuity", [] {
        auto t = any_terms();
        t.principal = *rc::gen::inRange<amount>(100'000, 1'000'000'000);
        t.interest_bp = *rc::gen::inRange(1, 3001);
        const auto parts = schedule_of(t);
        RC_ASSERT(!parts.empty());
        const long double rate = t.interest_bp / 120'000.0L;
        const long double annuity = t.principal * rate / (1 - std::pow(1 + rate, -static_cast<long double>(t.count)));
        // Interest is rounded each month: by half a unit at most, so the level by no more than that, and its own half.
        RC_ASSERT(std::fabs(static_cast<long double>(parts[0].value()) - annuity) <= 1.001L);
    }));
}

TEST_CASE("L6: after an early payoff the parts still pay back the principal exactly, and the interest of days begun") {
    CHECK(holds("L6 a payoff pays back exactly", [] {
        auto t = any_terms();
        const auto before = schedule_of(t);
        if (before.empty()) return;
        const int standing = *rc::gen::inRange(0, t.count);
        const auto since = standing == 0 ? t.first - std::chrono::days{40} : before[standing - 1].day;
        const auto on = since + std::chrono::days{*rc::gen::inRange(1, 32)};
        t.payoff = early_payoff{on, standing};
        const auto parts = schedule_of(t);
        RC_ASSERT(static_cast<int>(parts.size()) == standing + 1);
        check_law(t, parts);
        for (int k = 0; k < standing; ++k) RC_ASSERT(parts[k].value() == before[k].value());
        RC_ASSERT(parts.back().payoff);
        RC_ASSERT(parts.back().day == on);
        RC_ASSERT(parts.back().interest <= before[standing].interest);
        if (on >= before[standing].day) RC_ASSERT(parts.back().interest == before[standing].interest);
        if (standing > 0) RC_ASSERT(on > parts[standing - 1].day);
    }));
}

TEST_CASE("L6: terms whose parts would pay nothing back have no schedule") {
    CHECK(schedule_of(terms_of(2, 3)).empty());
    CHECK(schedule_of(terms_of(300, 120, 10'000)).empty());
    CHECK(values_of(terms_of(3, 3)) == std::vector<amount>{1, 1, 1});
}

TEST_CASE("L6: the greatest principal at the greatest interest is within the arithmetic; its sum is out of range") {
    const auto parts = schedule_of(terms_of(max_amount, most_parts, most_interest_bp));
    REQUIRE(parts.size() == most_parts);
    CHECK_FALSE(whole_sum(parts));
    CHECK(whole_sum(schedule_of(terms_of(max_amount, 3))) == max_amount);
}
