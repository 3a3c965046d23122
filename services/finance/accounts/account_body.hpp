// Reads the bodies of POST and PATCH /v1/accounts, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/accounts/account.hpp"

#include <string>
#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_accounts = 100;

// What a body is judged by.
struct account_rules {
    std::string currency;  // the person's
    wall::time_point now;
    const account_book& book;
};

// A new one, with its id (the client's, else a new one), version 1. What is left out: the person's currency, nothing to
// begin with, on budget when it is of that currency and no loan or investment, after the others. Throws api_error: 422
// with every finding; 409 already_exists.
account read_new_account(json_document& doc, const account_rules& rules);

// `before` with a JSON Merge Patch applied, its version moved on. Throws api_error 422, and 409 in_use for an archived
// first account.
account read_account_patch(std::string_view body, const account& before, const account_rules& rules);

// Does the change take what is booked to another currency, or into or out of the plan? Only while nothing is.
bool moves_bookings(const account& now, const account& before);

}  // namespace mita::finance
