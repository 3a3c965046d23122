// What the answers that show a month, a day and today have in common: bills, and a day's budget against its spending.
#pragma once

#include "finance/month/month_view.hpp"
#include "finance/wire/json_out.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

// A day's list holds the categories with a daily part, and any other on the days something stands or happened.
bool shown(const category_view& c, int day);
void append_bill(json_out& out, const bill_view& b);  // as an object; of a transfer that moves no budget, too
void append_income(json_out& out, const income_view& i, bool with_entries);
void append_entries(json_out& out, std::string_view name, const std::vector<entry_view>& entries);  // a member
void append_numbers(json_out& out, amount budget, amount spent);  // members: verdict, budget_money, spent_money

}  // namespace mita::finance
