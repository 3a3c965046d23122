// Transactions as the stores select them: one list of columns, one reader. Used by each store that reads some.
#pragma once

#include "db/row.hpp"
#include "finance/ledger/transaction.hpp"

#include <string_view>
#include <vector>

namespace mita::finance {

// Of a transaction t and one of its lines l, in the order transaction_rows.cpp reads them. What else a statement
// selects stands before them. A new column: here and there.
inline constexpr char transaction_columns[] =
    "t.id, coalesce(l.category::text, ''), l.amount, l.note, coalesce(t.account_id, t.user_id), l.counts, t.booked_on, "
    "t.occurred_at, "
    "t.amount, t.currency, t.payee, t.note, t.tags, t.bill_id, t.bill_unlinked, t.version, t.created_at, t.updated_at, "
    "t.deleted_at, t.transfer_id, t.payee_id, coalesce(t.cleared, false), case when t.transfer_id is not null then "
    "(select case t.id when o.from_id then o.to_account else o.from_account end from transfers o "
    "  where o.user_id = t.user_id and o.id = t.transfer_id) end";
// Joins the lines of t as l; it cannot become anything but an index scan for each of the few rows, whatever the planner
// believes of a parameter.
inline constexpr char lines_of_each[] =
    "(select n, category, amount, note, counts from transaction_lines l where l.user_id = t.user_id "
    "and l.transaction_id = t.id order by n offset 0) l";

// Rows of one line each, in order, lines of a transaction together; first: the column the list begins at. Rows without
// an id are left out.
std::vector<transaction> transactions_from(const db::rows& rows, int first = 0);
// One such row: the next line of the last of `to`, or the first of one more.
void append_row(std::vector<transaction>& to, const db::row& row, int first);
// The same, which came as the text of jsonb_build_array of the list.
void append_row(std::vector<transaction>& to, std::string_view json);
// Several of them, as the text of an array.
void append_rows(std::vector<transaction>& to, std::string_view json);

}  // namespace mita::finance
