// A profile as the stores select it: one list of columns, one reader. Used by each store that reads one.
#pragma once

#include "db/row.hpp"
#include "finance/people/profile.hpp"

#include <string_view>

namespace mita::finance {

// Of a row u, in the order profile_rows.cpp reads them; what else a statement selects stands before them.
inline constexpr char profile_columns[] =
    "u.timezone, u.currency, u.locale, u.region, coalesce((u.settings->>'cover')::boolean, true), u.onboarded_on, "
    "u.planned_from, u.plan_version, u.budget_version, u.ledger_version, u.version, u.created_at, u.updated_at";

// first: the column the list begins at.
profile profile_from(const db::row& r, const uuid& id, int first = 0);
// Such a row as the text of jsonb_build_array of the list.
profile profile_from(std::string_view json, const uuid& id);

}  // namespace mita::finance
