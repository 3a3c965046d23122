// The request target (RFC 9112 3.2) and its one normal form (R14): what is matched is what is forwarded. Sans-IO,
// fuzzed.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace mita::http {

struct target_parts {
    std::string_view target;     // origin form, as received where that was possible
    std::string_view path;       // normalised: unreserved characters decoded, %XX in upper case; "*" for OPTIONS *
    std::string_view query;      // raw, without '?'
    std::string_view authority;  // of the absolute form, else empty
};

// Null when good, else what is wrong (a literal). `buffer` holds what normalisation changed; the views point there or
// into `raw`. Refused: NUL, controls, non-ASCII, backslash, %2F, %5C, encoded controls, "//", dot segments (also
// encoded), '#', bad escapes, authority form, user information, "*" for anything but OPTIONS.
const char* parse_target(verb method, std::string_view raw, target_parts& out, std::string& buffer);

}  // namespace mita::http
