// A token that is good, as RFC 7662 tells of it: to services from outside and to our own. Used by handlers.
#pragma once

#include "jwt/token.hpp"

#include <string>
#include <string_view>

namespace mita::auth {

// RFC 7662 2.2: of a token that is not good nothing is said but this, whatever the reason.
inline constexpr std::string_view inactive = "{\"active\":false}";

std::string introspection(const jwt::claims& c);

}  // namespace mita::auth
