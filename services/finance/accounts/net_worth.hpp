// What the accounts hold together: in parts by currency, never one sum of two. Pure.
#pragma once

#include "finance/accounts/account_store.hpp"

#include <string>
#include <vector>

namespace mita::finance {

struct worth_part {
    std::string currency;
    amount assets = 0, debts = 0;  // what is held; what is owed, negative
    amount net() const { return assets + debts; }
};

// By code. Throws api_error 422 amount_overflow when an account or a sum leaves the range of exact amounts.
std::vector<worth_part> net_worth_of(const std::vector<account_balance>& balances);

// GET /v1/balances.
std::string balances_json(civil_day on, const std::vector<account_balance>& balances);

}  // namespace mita::finance
