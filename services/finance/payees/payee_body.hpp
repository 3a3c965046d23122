// Reads the bodies of POST, PATCH and :merge of payees, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/payees/payee.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

inline constexpr std::size_t most_merged = 100;  // into one payee

// What a body is judged by.
struct payee_rules {
    const category_book& book;
    wall::time_point now;
};

// A new one, with its id (the client's, else a new one), version 1. Throws api_error 422.
payee read_new_payee(json_document& doc, const payee_rules& rules);
// `before` with a JSON Merge Patch applied, its version moved on; a category archived since may stay. Throws as above.
payee read_payee_patch(std::string_view body, const payee& before, const payee_rules& rules);

struct payee_merge {
    uuid into;
    std::vector<uuid> from;  // 1 to most_merged, each once, none of them `into`
};
payee_merge read_payee_merge(json_document& doc);

}  // namespace mita::finance
