// Moves between budgets as the stores select them: one list of columns, one reader; and what the plan takes of them.
#pragma once

#include "db/row.hpp"
#include "finance/budgets/budget_move.hpp"
#include "finance/plan/plan_inputs.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

// Of a row b, in the order budget_move_rows.cpp reads them.
inline constexpr char budget_move_columns[] =
    "b.id, b.month, b.next, b.day, b.from_category, b.to_category, b.amount, b.currency, b.note, b.created_at";

// first: the column the list begins at.
budget_move budget_move_from(const db::row& r, int first);
// The text of a jsonb_build_array of the list.
budget_move budget_move_from(std::string_view json);

// Of a row u of users, in the order they were made: those of the newest month that has any, and of the one before (who
// moves west may stand in it again). Null when there are none.
inline constexpr char planned_move_columns[] =
    "(select jsonb_agg(jsonb_build_array(b.month, b.from_category, b.to_category, b.amount) order by b.created_at, "
    "b.id) from budget_moves b where b.user_id = u.user_id and b.next >= (select max(n.month) from budget_moves n "
    "where n.user_id = u.user_id))";
std::vector<plan_inputs::move> planned_moves_from(std::string_view json);

}  // namespace mita::finance
