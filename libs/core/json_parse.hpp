// Strict JSON text to a value, without exceptions: for whoever is fed by strangers (json_reader's bodies, tokens).
// RFC 8259 and no more: UTF-8 checked, lone surrogates, duplicate members, BOM, comments, NaN and trailing bytes
// refused.
#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mita {

struct json_limits {
    std::size_t depth = 32;
    std::size_t members = 20000;  // objects' members and array elements in the whole document
};

struct json_fault {
    std::string code;     // empty_body, malformed_json, duplicate_member
    std::string pointer;  // of a duplicate member, else ""
    std::string detail;
};

// Puts the document into `out` and returns nothing, or returns the first fault. Numbers keep their spelling's meaning:
// only integers written as integers become int64 or uint64. -0 becomes the double -0.0, an integer beyond 64 bits
// becomes the double infinity of its sign (no other text can make one). All memory is out's storage.
std::optional<json_fault> parse_json(std::string_view text, const json_limits& limits, boost::json::value& out);

// Appends "/name" to an RFC 6901 pointer, with ~ and / escaped.
void append_pointer(std::string& pointer, std::string_view name);

}  // namespace mita
