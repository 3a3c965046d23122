// Transfers as the stores select them: one list of columns, one reader; their legs as transactions are selected.
#pragma once

#include "db/row.hpp"
#include "finance/transfers/transfer.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

// Of a transfer x, in the order transfer_rows.cpp reads them; then come transaction_columns of a leg t and its line l.
inline constexpr char transfer_columns[] =
    "x.id, x.paired, x.before::text, x.version, x.created_at, x.updated_at, x.deleted_at";
inline constexpr int transfer_width = 7;
// Joins the legs of x as t; then come lines_of_each. It cannot become anything but two point reads a transfer.
inline constexpr char legs_of_each[] =
    " cross join lateral (select * from transactions t where t.user_id = x.user_id and t.id in (x.from_id, x.to_id) "
    "offset 0) t cross join lateral ";
// What left before what arrived.
inline constexpr char legs_in_order[] = "t.id <> x.from_id, l.n";

// Rows of one line each, in order; first: the column the lists begin at. Rows without an id are left out.
std::vector<transfer> transfers_from(const db::rows& rows, int first = 0);
// The text of a jsonb_build_array of the list, and of the jsonb_agg of its legs' rows.
transfer transfer_from(std::string_view json);

// What pairing took, as stored; empty: nothing.
std::string text_of(const std::vector<put_aside>& before);

}  // namespace mita::finance
