// A named SQL statement: constexpr at namespace scope of a *_store.cpp, prepared once per connection and found by
// index. `constexpr db::statement find_user{"user_by_email", "select ... where email = $1"};` The name labels metrics
// and logs.
#pragma once

#include <string_view>

namespace mita::db {

struct statement {
    constexpr statement(std::string_view name_, std::string_view sql_) : name(name_), sql(sql_) {}
    statement(const statement&) = delete;  // identity is the address: no copies, no temporaries
    statement& operator=(const statement&) = delete;
    std::string_view name;
    std::string_view sql;
};

}  // namespace mita::db
