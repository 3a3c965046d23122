// Reads the body of POST /v1/budgets/{month}/transfers, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/budgets/budget_move.hpp"
#include "finance/categories/category_book.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_budget_moves = 200;  // of one month

// What a body is judged by. to_give: of a category, the most its budget can give from today on.
struct budget_move_rules {
    const category_book& book;
    std::string currency;
    civil_day today;
    period over;  // of today
    wall::time_point now;
    std::size_t there = 0;  // moves of the month
    std::function<amount(std::string_view category)> to_give;
};

// A new one, with its id (the client's, else a new one), of today. Throws api_error 422 with every finding.
budget_move read_new_budget_move(json_document& doc, const budget_move_rules& rules);

}  // namespace mita::finance
