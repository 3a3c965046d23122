#include "finance/goals/contribution_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

namespace mita::finance {

namespace {

// In the order of contribution_columns.
template <class Columns>
contribution read_contribution(Columns in) {
    contribution c;
    c.id = in.template next<uuid>();
    c.goal_id = in.template next<std::string>();
    c.on = civil_day(in.template next<std::chrono::year_month_day>());
    c.value = in.template next<std::int64_t>();
    c.currency = in.template next<std::string>();
    c.note = in.template next<std::optional<std::string>>();
    c.created_at = in.template next<wall::time_point>();
    return c;
}

}  // namespace

contribution contribution_from(const db::row& r, int first) { return read_contribution(db::columns(r, first)); }

contribution contribution_from(std::string_view json) {
    const auto row = boost::json::parse(json);
    return read_contribution(json_columns(row.as_array()));
}

}  // namespace mita::finance
