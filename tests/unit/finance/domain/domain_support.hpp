// What the domain's tests share: the reference model's cases as engine inputs, random months for properties.
#pragma once

#include <rapidcheck.h>
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "finance/domain/engine.hpp"
#include "support/source_dir.hpp"

namespace mita::finance::testing {

inline std::string vectors_dir() { return mita::test::source_dir() + "/tests/vectors"; }

inline int last_of(const std::vector<paid_part>& payments) { return std::ranges::max(payments, {}, &paid_part::on).on; }

// One object of "months" as the engine takes it.
inline month_input month_of_case(const boost::json::object& doc) {
    month_input in;
    in.today = doc.at("today").to_number<int>();
    in.unallocated = doc.at("unallocated").to_number<amount>();
    in.covering = doc.at("cover").as_bool();
    for (const auto& value : doc.at("categories").as_array()) {
        const auto& item = value.as_object();
        category_input category;
        category.cls = *parse_class(item.at("class").as_string());
        category.budget = item.at("budget").to_number<amount>();
        category.rule = *parse_policy(item.at("policy").as_string());
        category.carry_in = item.at("carry_in").to_number<amount>();
        if (item.contains("joined")) category.joined = item.at("joined").to_number<int>();
        const auto& weights = item.at("weights").as_array();
        in.days = static_cast<int>(weights.size());
        for (std::size_t d = 0; d < weights.size(); ++d) {
            category.weights[d] = weights[d].to_number<amount>();
            category.actual[d] = item.at("actual").as_array()[d].to_number<amount>();
        }
        if (item.contains("bills")) {
            for (const auto& entry : item.at("bills").as_array()) {
                bill one{.day = entry.at("day").to_number<int>(), .value = entry.at("amount").to_number<amount>()};
                for (const auto& p : entry.at("payments").as_array())
                    one.payments.push_back({p.at("on").to_number<int>(), p.at("amount").to_number<amount>()});
                if (entry.at("settled").as_bool()) one.settled_on = last_of(one.payments);
                category.bills.push_back(one);
            }
        }
        in.categories.push_back(std::move(category));
    }
    return in;
}

// A month of everything: all policies, bills paid early, late and never, refunds, pins, joining, odd weights.
inline rc::Gen<category_input> any_category(int days) {
    return rc::gen::exec([days] {
        const auto small = [](int low, int high) { return *rc::gen::inRange(low, high); };
        category_input c;
        c.cls = *rc::gen::element(category_class::protected_, category_class::essential, category_class::flexible,
                                  category_class::discretionary);
        c.budget = *rc::gen::oneOf(rc::gen::element<amount>(0, 1, 7), rc::gen::inRange<amount>(0, 100000),
                                   rc::gen::inRange<amount>(0, 1000000000000));
        c.rule = *rc::gen::element(policy{}, policy{}, policy{policy_kind::carry}, policy{policy_kind::static_},
                                   policy{policy_kind::save}, policy{policy_kind::window, 3},
                                   policy{policy_kind::window, 7}, policy{policy_kind::window, 31});
        c.carry_in = *rc::gen::element<amount>(0, 0, -1700, 4999);
        if (small(0, 5) == 0) c.joined = small(0, days);
        const int shape = small(0, 3);
        for (int d = 0; d < days; ++d) {
            c.weights[d] = shape == 0 ? 1 : shape == 1 ? small(0, 5) : d % 7 < 5 ? 2000 : 3001;
        }
        for (int i = small(0, 25); i > 0; --i) {
            c.actual[small(0, days)] += *rc::gen::inRange<amount>(-50, std::max<amount>(60, 3 * c.budget / days + 1));
        }
        std::fill_n(c.actual.begin(), c.joined, amount{0});
        if (small(0, 3) == 0) {
            for (int i = small(1, 4); i > 0; --i) {
                bill b{.day = small(0, days), .value = small(1, 200000)};
                const int parts = *rc::gen::element(0, 0, 1, 1, 1, 2, 3);
                amount paid = 0;
                for (int k = 0; k < parts; ++k) {
                    const paid_part p{b.day + small(-9, 10), std::max<amount>(1, b.value / parts + small(-50, 70))};
                    b.payments.push_back(p);
                    paid += p.value;
                    if (p.on >= 0 && p.on < days) c.actual[p.on] += p.value;
                }
                if (parts > 0 && (paid >= b.value || (parts == 1 && small(0, 5) > 0)))
                    b.settled_on = last_of(b.payments);
                c.bills.push_back(b);
            }
            if (small(0, 2) == 0) c.budget = 0;
        }
        if (small(0, 5) == 0) {
            for (int d = small(0, days); d < days && c.pinned.size() < 3; d += small(1, 9)) {
                c.pinned.push_back({d, small(0, 5000)});
            }
        }
        return c;
    });
}

inline rc::Gen<month_input> any_month() {
    return rc::gen::exec([] {
        month_input in;
        in.days = *rc::gen::inRange(28, 32);
        in.today = *rc::gen::inRange(0, in.days + 1);
        in.unallocated = *rc::gen::element<amount>(0, 0, 12345, 99999, -500);
        in.covering = *rc::gen::inRange(0, 5) > 0;
        in.cap_bp = *rc::gen::element(5000, 5000, 10000, 0, 3333);
        const auto part = [&](int day) {
            return paid_part{day + *rc::gen::inRange(-9, 10), *rc::gen::inRange<amount>(1, 300000)};
        };
        for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
            income one{.day = *rc::gen::inRange(0, in.days), .value = *rc::gen::inRange<amount>(1, 300000)};
            for (int k = *rc::gen::inRange(0, 3); k > 0; --k) one.receipts.push_back(part(one.day));
            if (!one.receipts.empty() && *rc::gen::inRange(0, 2) == 0) one.settled_on = last_of(one.receipts);
            in.incomes.push_back(one);
        }
        if (*rc::gen::inRange(0, 3) == 0) in.windfalls.push_back({*rc::gen::inRange(0, in.days), -70000});
        for (int i = *rc::gen::inRange(1, 9); i > 0; --i) in.categories.push_back(*any_category(in.days));
        return in;
    });
}

inline amount sum(const day_amounts& values, int from, int to) {
    amount all = 0;
    for (int d = from; d < to; ++d) all += values[d];
    return all;
}

// True when the property held; RapidCheck prints the seed and the smallest counterexample otherwise.
template <class Property>
bool holds(const std::string& name, Property property) {
    return rc::check(name, std::move(property));
}

}  // namespace mita::finance::testing
