// Reads the bodies of POST and PATCH /v1/categories, and writes a category as the contract says. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/wire/json_out.hpp"

#include <string>
#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_own_categories = 200;

// A new one with version 1; its id as given, or made from the name. Throws api_error: 422 with every finding; 409
// already_exists when the id, the name or an alias is another category's.
category_entry read_new_category(json_document& doc, const category_book& book);

// `before` with a JSON Merge Patch applied, its version moved on. Throws as above.
category_entry read_category_patch(std::string_view body, const category_entry& before, const category_book& book);

void append(json_out& out, const category_entry& e);  // as an object
std::string tag_of(const category_entry& e);          // strong, without quotes

}  // namespace mita::finance
