// UTF-8 by the Unicode standard's table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF.
// Used by the JSON reader and writer and by whoever counts characters. Pure; only repaired() allocates.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mita::utf8 {

inline constexpr char32_t invalid = 0xffffffff;

// The code point at `at`, which moves past it; `invalid` for a broken sequence, past its maximal subpart. at <
// text.size().
char32_t next(std::string_view text, std::size_t& at);
// Code points in `text`; nullopt when it is not UTF-8.
std::optional<std::size_t> length(std::string_view text);
// The first `most` code points, with U+FFFD for each broken sequence: for text of others that nobody promised is UTF-8.
std::string repaired(std::string_view text, std::size_t most);
// General category Cc: C0, DEL and C1.
constexpr bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7f && c <= 0x9f); }

}  // namespace mita::utf8
