#include "finance/people/profile_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace mita::finance {

namespace {

template <class Columns>
std::optional<civil_day> next_day(Columns& in) {
    const auto found = in.template next<std::optional<std::chrono::year_month_day>>();
    if (!found) return std::nullopt;
    return civil_day(*found);
}

// In the order of profile_columns.
template <class Columns>
profile read(Columns in, const uuid& id) {
    profile p;
    p.id = id;
    p.timezone = in.template next<std::string>();
    p.currency = in.template next<std::string>();
    p.locale = in.template next<std::string>();
    p.region = in.template next<std::string>();
    p.cover = in.template next<bool>();
    p.onboarded_on = next_day(in);
    p.planned_from = next_day(in);
    p.plan_version = in.template next<std::int64_t>();
    p.budget_version = in.template next<std::int64_t>();
    p.ledger_version = in.template next<std::int64_t>();
    p.version = in.template next<std::int64_t>();
    p.created_at = in.template next<wall::time_point>();
    p.updated_at = in.template next<wall::time_point>();
    return p;
}

}  // namespace

profile profile_from(const db::row& r, const uuid& id, int first) { return read(db::columns(r, first), id); }

profile profile_from(std::string_view json, const uuid& id) {
    const auto row = boost::json::parse(json);
    return read(json_columns(row.as_array()), id);
}

}  // namespace mita::finance
