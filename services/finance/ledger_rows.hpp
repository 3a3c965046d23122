// Rows as values where more than one store reads them.
#pragma once

#include "db/row.hpp"
#include "finance/category_book.hpp"
#include "finance/profile.hpp"
#include "finance/transaction.hpp"

#include <vector>

namespace mita::finance {

// Rows of one line each, in order, lines of a transaction together: id, account_id, booked_on, occurred_at, amount,
// currency, payee, note, tags, bill_id, bill_unlinked, version, created_at, updated_at, deleted_at, then the line's
// category, amount, note. Rows without an id are left out.
std::vector<transaction> transactions_from(const db::rows& rows);

// id, name, class, aliases, archived, version: the person's own rows.
category_book book_from(const db::rows& rows);

// timezone, currency, locale, region, cover, onboarded_on, planned_from, plan_version, budget_version, ledger_version,
// version, created_at, updated_at: the first columns of r.
profile profile_from(const db::row& r, const uuid& id);

}  // namespace mita::finance
