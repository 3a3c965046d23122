// Which transaction pays which bill: by the user's link, or by itself when category, amount (± 20 %) and date
// (± 7 days) fit. Used before each computation to set bill::paid_on. The answer depends on the set of transactions
// only, never on their order (P4), and is one-to-one.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

namespace mita::finance {

// Pass the bills of the neighbouring weeks too, so that a payment across a period's edge finds its own.
struct expected_bill {
    std::string_view id;  // unique: breaks ties
    int category = 0;
    civil_day day;
    amount value = 0;
};

enum class bill_link : std::uint8_t {
    automatic,  // may match by itself (default)
    linked,     // pays the bill named, whatever its amount and date
    none,       // the user unlinked it: pays nothing
};

struct bill_payment {
    std::string_view id;  // of the transaction (or split line), unique: breaks ties
    int category = 0;
    civil_day booked_on;
    amount value = 0;  // positive spending; others never match by themselves
    bill_link link = bill_link::automatic;
    std::string_view bill_id{};  // for linked
};

// For each bill the index of the transaction that pays it. Links first (of several the earliest day, least value, then
// id); then all fitting pairs, nearest amount first, then nearest date, then bill day and id, transaction day, value,
// id.
std::vector<std::optional<std::size_t>> match_bills(std::span<const expected_bill> bills,
                                                    std::span<const bill_payment> payments);

}  // namespace mita::finance
