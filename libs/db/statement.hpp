// A named SQL statement: constexpr at namespace scope of a *_store.cpp, prepared once per connection and found by
// index. `constexpr db::statement find_user{"user_by_email", "select ... where email = $1"};` The name labels metrics
// and logs.
#pragma once

#include <string_view>

namespace mita::db {

// Whether a statement may stand with strangers' under one Sync, which is one implicit transaction. Only for reads of a
// few rows by key: they lock nothing, and when a neighbour fails, the server skips them and they are sent once more.
enum class sync { own, shared };

struct statement {
    constexpr statement(std::string_view name_, std::string_view sql_, sync s = sync::own)
        : name(name_), sql(sql_), with(s) {
        if (s == sync::shared && !only_reads(sql_)) throw "only a plain select may share a Sync";  // does not compile
    }
    statement(const statement&) = delete;  // identity is the address: no copies, no temporaries
    statement& operator=(const statement&) = delete;
    std::string_view name;
    std::string_view sql;
    sync with;

private:
    static constexpr bool only_reads(std::string_view text) {
        for (const std::string_view word : {" for update", " for share", " for no key", "pg_advisory", "nextval", ";"})
            if (text.find(word) != text.npos) return false;
        return text.starts_with("select ");
    }
};

}  // namespace mita::db
