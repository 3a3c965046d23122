// A named SQL statement: constexpr at namespace scope of a *_store.cpp, prepared once per connection and found by
// index. `constexpr db::statement find_user{"user_by_email", "select ... where email = $1"};` The name labels metrics
// and logs. What several statements have in common stands once and is joined when compiling:
// `constexpr auto page_sql = db::join("select ", columns, " from ..."); constexpr db::statement page{"page",
// page_sql};`
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace mita::db {

// Whether a statement may stand with strangers' under one Sync, which is one implicit transaction. Only for reads of a
// few rows by key: they lock nothing, and when a neighbour fails, the server skips them and they are sent once more.
enum class sync { own, shared };

// SQL put together of literals and of other joined texts; a constexpr at namespace scope, for statements view it.
template <std::size_t N>
struct sql_text {
    std::array<char, N> text{};
    constexpr operator std::string_view() const { return {text.data(), N}; }
};

namespace detail {
template <class Part>
inline constexpr std::size_t size_of_part = 0;
template <std::size_t N>
inline constexpr std::size_t size_of_part<char[N]> = N - 1;
template <std::size_t N>
inline constexpr std::size_t size_of_part<sql_text<N>> = N;
}  // namespace detail

template <class... Parts>
consteval auto join(const Parts&... parts) {
    sql_text<(detail::size_of_part<Parts> + ... + 0)> out;
    std::size_t at = 0;
    const auto append = [&out, &at](std::string_view part) {
        for (const char c : part) out.text[at++] = c;
    };
    (append(std::string_view(parts)), ...);
    return out;
}

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
