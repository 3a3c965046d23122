// A category as bodies and queries name it: by id, name or alias, found in the person's book. Used by the readers of
// transactions, plan inputs and affordability.
#pragma once

#include "core/json_reader.hpp"
#include "finance/categories/category_book.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// A canonical category id from an id, name or alias; finding unknown_category with the list.
std::optional<std::string> read_category(json_object& in, std::string_view name, const category_book& book,
                                         bool required = true);

// For values that come from paths and queries. Throws api_error 422 unknown_category.
std::string resolve_or_refuse(const category_book& book, std::string_view text, std::string_view pointer);

}  // namespace mita::finance
