// A profile as the stores select it. Used by each store that reads one.
#pragma once

#include "db/row.hpp"
#include "finance/people/profile.hpp"

namespace mita::finance {

// timezone, currency, locale, region, cover, onboarded_on, planned_from, plan_version, budget_version, ledger_version,
// version, created_at, updated_at: the first columns of r.
profile profile_from(const db::row& r, const uuid& id);

}  // namespace mita::finance
