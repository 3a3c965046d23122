// Checkpoints as the stores select them: one list of columns, one reader.
#pragma once

#include "db/row.hpp"
#include "finance/checkpoints/checkpoint.hpp"

#include <string_view>

namespace mita::finance {

// Of a row c, in the order checkpoint_rows.cpp reads them.
inline constexpr char checkpoint_columns[] =
    "c.id, c.account_id, c.day, c.balance, c.currency, c.version, c.created_at, c.updated_at, c.reconciled_at";

// first: the column the list begins at.
checkpoint checkpoint_from(const db::row& r, int first);
// The text of a jsonb_build_array of the list.
checkpoint checkpoint_from(std::string_view json);

}  // namespace mita::finance
