// May this transaction be linked to that occurrence (`bill_id`)? Used by POST and PATCH of transactions. Pure.
#pragma once

#include "finance/ledger/transaction.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// What a link may name: an occurrence of a bill, in its category, or of an income.
struct link_target {
    std::string category;  // empty: a planned transfer between two accounts on budget
    bool income = false;
    civil_day day{};    // that it is due on
    bool part = false;  // of an installment plan: what comes in is a refund of it
};

// The day the occurrence with this id was planned for at first: of its calendar month. nullopt: no occurrence's id.
std::optional<civil_day> day_of_link(std::string_view id);

// Throws api_error 422 at /bill_id: unknown_bill without a target; bill_category when no line is of the bill's category
// (of an income's: of the income's); bill_sign when none of those spends (of an income's: comes in;
// of a part either).
void check_link(const transaction& t, const std::optional<link_target>& target);

}  // namespace mita::finance
