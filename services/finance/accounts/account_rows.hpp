// Accounts as the stores select them: one list of columns, one reader. Used by each store that reads some.
#pragma once

#include "db/row.hpp"
#include "finance/accounts/account.hpp"

#include <string_view>

namespace mita::finance {

// Of a row a, in the order account_rows.cpp reads them; what else a statement selects stands before them.
inline constexpr char account_columns[] =
    "a.id, a.name, a.kind, a.currency, a.opening, a.on_budget, a.archived, a.position, a.version, a.created_at, "
    "a.updated_at, a.id = a.user_id";
// is_cash (account.hpp), of a row a and its person u.
inline constexpr char account_is_cash[] =
    "a.kind in ('cash', 'bank') and a.on_budget and not a.archived and a.currency = u.currency";
inline constexpr char account_order[] = " order by a.position, a.id";

// first: the column the list begins at. Rows without an id are left out.
account_book accounts_from(const db::rows& rows, int first = 0);
// The rows as the text of a JSON array of jsonb_build_array of the list.
account_book accounts_from(std::string_view json);

}  // namespace mita::finance
