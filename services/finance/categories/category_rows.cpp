#include "finance/categories/category_rows.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

category_book book_from(const db::rows& rows) {
    std::vector<category_entry> own;
    for (const auto r : rows) {
        category_entry e;
        e.id = r.get<std::string>(0);
        e.name = r.get<std::string>(1);
        e.cls = parse_class(r.get<std::string_view>(2)).value();
        e.aliases = r.get<std::vector<std::string>>(3);
        e.archived = r.get<bool>(4);
        e.version = r.get<std::int64_t>(5);
        e.created_at = r.get<wall::time_point>(6);
        own.push_back(std::move(e));
    }
    return category_book(std::move(own));
}

}  // namespace mita::finance
