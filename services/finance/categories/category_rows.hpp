// The person's own categories as the stores select them. Used by each store that reads some.
#pragma once

#include "db/row.hpp"
#include "finance/categories/category_book.hpp"

namespace mita::finance {

// id, name, class, aliases, archived, version: the person's own rows.
category_book book_from(const db::rows& rows);

}  // namespace mita::finance
