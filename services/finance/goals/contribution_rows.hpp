// Contributions as the stores select them: one list of columns, one reader.
#pragma once

#include "db/row.hpp"
#include "finance/goals/contribution.hpp"

#include <string_view>

namespace mita::finance {

// Of a row g, in the order contribution_rows.cpp reads them.
inline constexpr char contribution_columns[] = "g.id, g.goal_id, g.day, g.amount, g.currency, g.note, g.created_at";

// first: the column the list begins at.
contribution contribution_from(const db::row& r, int first);
// The text of a jsonb_build_array of the list.
contribution contribution_from(std::string_view json);

}  // namespace mita::finance
