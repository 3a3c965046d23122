#include "finance/people/profile_rows.hpp"

#include "db/columns.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mita::finance {

namespace {

std::optional<civil_day> next_day(db::columns& in) {
    const auto found = in.next<std::optional<std::chrono::year_month_day>>();
    if (!found) return std::nullopt;
    return civil_day(*found);
}

}  // namespace

profile profile_from(const db::row& r, const uuid& id, int first) {
    db::columns in(r, first);
    profile p;
    p.id = id;
    p.timezone = in.next<std::string>();
    p.currency = in.next<std::string>();
    p.locale = in.next<std::string>();
    p.region = in.next<std::string>();
    p.cover = in.next<bool>();
    p.onboarded_on = next_day(in);
    p.planned_from = next_day(in);
    p.plan_version = in.next<std::int64_t>();
    p.budget_version = in.next<std::int64_t>();
    p.ledger_version = in.next<std::int64_t>();
    p.version = in.next<std::int64_t>();
    p.created_at = in.next<wall::time_point>();
    p.updated_at = in.next<wall::time_point>();
    return p;
}

}  // namespace mita::finance
