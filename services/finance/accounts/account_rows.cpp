#include "finance/accounts/account_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// In the order of account_columns.
template <class Columns>
account account_from(Columns in) {
    account a;
    a.id = in.template next<uuid>();
    a.name = in.template next<std::string>();
    a.kind = parse_account_kind(in.template next<std::string>()).value();
    a.currency = in.template next<std::string>();
    a.opening = in.template next<std::int64_t>();
    a.on_budget = in.template next<bool>();
    a.archived = in.template next<bool>();
    a.position = static_cast<int>(in.template next<std::int64_t>());
    a.version = in.template next<std::int64_t>();
    a.created_at = in.template next<wall::time_point>();
    a.updated_at = in.template next<wall::time_point>();
    a.first = in.template next<bool>();
    return a;
}

}  // namespace

account_book accounts_from(const db::rows& rows, int first) {
    std::vector<account> all;
    for (const auto r : rows)
        if (!r.is_null(first)) all.push_back(account_from(db::columns(r, first)));
    return account_book(std::move(all));
}

account_book accounts_from(std::string_view json) {
    std::vector<account> all;
    const auto rows = boost::json::parse(json);
    for (const auto& row : rows.as_array()) all.push_back(account_from(json_columns(row.as_array())));
    return account_book(std::move(all));
}

}  // namespace mita::finance
