#include "finance/people/profile_rows.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mita::finance {

using std::chrono::year_month_day;

profile profile_from(const db::row& r, const uuid& id) {
    const auto day = [&r](int column) -> std::optional<civil_day> {
        const auto found = r.get<std::optional<year_month_day>>(column);
        if (!found) return std::nullopt;
        return civil_day(*found);
    };
    profile p;
    p.id = id;
    p.timezone = r.get<std::string>(0);
    p.currency = r.get<std::string>(1);
    p.locale = r.get<std::string>(2);
    p.region = r.get<std::string>(3);
    p.cover = r.get<bool>(4);
    p.onboarded_on = day(5);
    p.planned_from = day(6);
    p.plan_version = r.get<std::int64_t>(7);
    p.budget_version = r.get<std::int64_t>(8);
    p.ledger_version = r.get<std::int64_t>(9);
    p.version = r.get<std::int64_t>(10);
    p.created_at = r.get<wall::time_point>(11);
    p.updated_at = r.get<wall::time_point>(12);
    return p;
}

}  // namespace mita::finance
