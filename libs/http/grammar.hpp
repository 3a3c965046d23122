// Character classes of RFC 9110 5.6.2, RFC 3986 and the one reader of a field line, shared by the request and the
// response head readers. Internal to libs/http.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mita::http::grammar {

enum cls : std::uint8_t {
    tchar = 1,  // RFC 9110 5.6.2
    digit = 2,
    hex = 4,
    pchar = 8,   // RFC 3986 3.3, without '%' (checked apart)
    query = 16,  // what browsers send raw; never controls, space, quotes, <, >, #, backslash, non-ASCII
    unreserved = 32,
    host = 64,  // reg-name and IPv4 as used: letters, digits, '-', '.', '_'
};

inline constexpr std::array<std::uint8_t, 256> table = [] {
    std::array<std::uint8_t, 256> t{};
    const auto set = [&t](std::string_view chars, std::uint8_t c) {
        for (const char ch : chars)
            t[static_cast<unsigned char>(ch)] = static_cast<std::uint8_t>(t[static_cast<unsigned char>(ch)] | c);
    };
    constexpr std::string_view alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    set(alnum, tchar | pchar | query | unreserved | host);
    set("!#$%&'*+-.^_`|~", tchar);
    set("0123456789", digit | hex);
    set("abcdefABCDEF", hex);
    set("-._~", unreserved);
    set("-._~!$&'()*+,;=:@", pchar | query);
    set("/?%[]{}|^`", query);
    set("-._", host);
    return t;
}();

inline bool is(char c, std::uint8_t classes) { return (table[static_cast<unsigned char>(c)] & classes) != 0; }
inline bool all(std::string_view s, std::uint8_t classes) {
    for (const char c : s)
        if (!is(c, classes)) return false;
    return true;
}
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
inline int hex_value(char c) { return c <= '9' ? c - '0' : lower(c) - 'a' + 10; }  // of a hex digit

// Optional white space of RFC 9110 5.6.3 cut from both ends.
std::string_view trim(std::string_view s);

// No control characters but HT (NUL, CR, DEL among the refused); obs-text is let through (RFC 9110 5.5).
bool valid_value(std::string_view s);

// uri-host [":" port] as a Host field may hold it: a name or address, never empty, no user information, no list.
bool valid_host(std::string_view s);

// 1*DIGIT (leading zeros mean nothing), at most 19 of them and 2^63 - 1 (R5). False otherwise.
bool parse_content_length(std::string_view s, std::uint64_t& out);

enum class line_fault : std::uint8_t { none, folded, space_before_colon, name, value };
// A field line without its CRLF; value trimmed.
line_fault split_field(std::string_view line, std::string_view& name, std::string_view& value);

// What a Transfer-Encoding value says (R4).
enum class transfer : std::uint8_t { chunked, unknown_coding, bad };
transfer classify_transfer_encoding(std::string_view value);

// Is `token` a member of the comma-separated list, without regard to case?
bool lists(std::string_view list, std::string_view token);

}  // namespace mita::http::grammar
