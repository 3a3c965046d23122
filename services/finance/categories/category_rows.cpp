#include "finance/categories/category_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// In the order of category_columns.
template <class Columns>
category_entry entry_from(Columns in) {
    category_entry e;
    e.id = in.template next<std::string>();
    e.name = in.template next<std::string>();
    e.cls = parse_class(in.template next<std::string>()).value();
    e.aliases = in.template next<std::vector<std::string>>();
    e.archived = in.template next<bool>();
    e.version = in.template next<std::int64_t>();
    e.created_at = in.template next<wall::time_point>();
    return e;
}

}  // namespace

category_book book_from(const db::rows& rows, int first) {
    std::vector<category_entry> own;
    for (const auto r : rows)
        if (!r.is_null(first)) own.push_back(entry_from(db::columns(r, first)));
    return category_book(std::move(own));
}

category_book book_from(std::string_view json) {
    std::vector<category_entry> own;
    const auto rows = boost::json::parse(json);
    for (const auto& row : rows.as_array()) own.push_back(entry_from(json_columns(row.as_array())));
    return category_book(std::move(own));
}

}  // namespace mita::finance
