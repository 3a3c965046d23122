#include "finance/payees/payee_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

namespace mita::finance {

namespace {

// In the order of payee_columns.
template <class Columns>
payee read(Columns in) {
    payee p;
    p.id = in.template next<uuid>();
    p.name = in.template next<std::string>();
    p.category = in.template next<std::optional<std::string>>();
    p.archived = in.template next<bool>();
    p.merged_into = in.template next<std::optional<uuid>>();
    p.version = in.template next<std::int64_t>();
    p.created_at = in.template next<wall::time_point>();
    p.updated_at = in.template next<wall::time_point>();
    p.merged = in.template next<std::vector<std::string>>();
    return p;
}

}  // namespace

payee payee_from(const db::row& r, int first) { return read(db::columns(r, first)); }

payee payee_from(std::string_view json) {
    const auto row = boost::json::parse(json);
    return read(json_columns(row.as_array()));
}

}  // namespace mita::finance
