#include "finance/checkpoints/checkpoint_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

namespace mita::finance {

namespace {

// In the order of checkpoint_columns.
template <class Columns>
checkpoint read(Columns in) {
    checkpoint c;
    c.id = in.template next<uuid>();
    c.account_id = in.template next<uuid>();
    c.on = civil_day(in.template next<std::chrono::year_month_day>());
    c.balance = in.template next<std::int64_t>();
    c.currency = in.template next<std::string>();
    c.version = in.template next<std::int64_t>();
    c.created_at = in.template next<wall::time_point>();
    c.updated_at = in.template next<wall::time_point>();
    c.reconciled_at = in.template next<std::optional<wall::time_point>>();
    return c;
}

}  // namespace

checkpoint checkpoint_from(const db::row& r, int first) { return read(db::columns(r, first)); }

checkpoint checkpoint_from(std::string_view json) {
    const auto row = boost::json::parse(json);
    return read(json_columns(row.as_array()));
}

}  // namespace mita::finance
