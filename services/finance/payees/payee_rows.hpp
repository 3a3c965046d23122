// Payees as the stores select them: one list of columns, one reader.
#pragma once

#include "db/row.hpp"
#include "finance/payees/payee.hpp"

#include <string_view>

namespace mita::finance {

// Of a row y, in the order payee_rows.cpp reads them.
inline constexpr char payee_columns[] =
    "y.id, y.name, y.category, y.archived, y.merged_into, y.version, y.created_at, y.updated_at, "
    "array(select m.id || ' ' || m.name from payees m where m.user_id = y.user_id and m.merged_into = y.id "
    "order by m.id)";

// first: the column the list begins at.
payee payee_from(const db::row& r, int first);
// The text of a jsonb_build_array of the list.
payee payee_from(std::string_view json);

}  // namespace mita::finance
