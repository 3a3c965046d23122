// What comes again: an income, a bill or a planned transfer of the plan inputs as one thing of its own, found, changed,
// added and taken away by id. Used by /v1/recurring; the inputs stay its only home. Pure.
#pragma once

#include "finance/plan/plan_inputs.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

inline constexpr std::size_t most_incomes = 50, most_bills = 200, most_planned_transfers = 50;
inline constexpr std::size_t longest_thing_name = 100;

enum class recurring_kind : std::uint8_t { income, bill, subscription, transfer };
// "income", "bill", "subscription", "transfer".
std::string_view recurring_name(recurring_kind kind);
std::optional<recurring_kind> parse_recurring(std::string_view name);

struct recurring {
    std::string id;
    recurring_kind kind = recurring_kind::bill;
    std::string name, category;
    amount value = 0;  // what the plan takes: of a range a bill's most, an income's least
    int day = 1;
    terms more{};
    route between{};  // of a transfer

    bool is_income() const { return kind == recurring_kind::income; }
    bool is_transfer() const { return kind == recurring_kind::transfer; }
    recurrence rule() const { return rule_of(day, more); }
};

// By id, ascending.
std::vector<recurring> recurring_of(const plan_inputs& a);
std::optional<recurring> find_recurring(const plan_inputs& a, std::string_view id);
// In the place of the one with its id, else at the end of its list. kind: an income stays one, and so does a transfer.
void put_recurring(plan_inputs& a, const recurring& r);
void remove_recurring(plan_inputs& a, std::string_view id);

// Its first `count` days on and after `from`; none while it is paused.
std::vector<civil_day> next_of(const recurring& r, civil_day from, std::size_t count);

// How what was paid last differs from the three payments before it (month/price_change.hpp).
struct price_change {
    amount from = 0, to = 0;  // the middle one of the three; the last one
    civil_day on;
};
void append(json_out& out, const recurring& r, const std::optional<price_change>& seen);
// As the feed tells it, which knows no payments: without price_change.
void append_told(json_out& out, const recurring& r);
recurring recurring_of(const plan_inputs::transfer& t);

}  // namespace mita::finance
