// The person's own categories as the stores select them: one list of columns, one reader. Used by each store that reads
// some.
#pragma once

#include "db/row.hpp"
#include "finance/categories/category_book.hpp"

#include <string_view>

namespace mita::finance {

// Of a row c, in the order category_rows.cpp reads them; what else a statement selects stands before them.
inline constexpr char category_columns[] = "c.id, c.name, c.class, c.aliases, c.archived, c.version, c.created_at";
// By age: the order of a book.
inline constexpr char category_order[] = " order by c.created_at, c.id collate \"C\"";

// first: the column the list begins at. Rows without an id are left out.
category_book book_from(const db::rows& rows, int first = 0);
// The rows as the text of a JSON array of jsonb_build_array of the list.
category_book book_from(std::string_view json);

}  // namespace mita::finance
