// Access tokens that say how their person was recognised (amr, RFC 8176). Used by auth, which issues them; who verifies
// one checks its form alone.
#pragma once

#include "jwt/token.hpp"

#include <string>
#include <string_view>

namespace mita::jwt {

// As issue(), with amr: the methods, a space between.
std::string issue_with_methods(const claims& c, std::string_view methods, const signing_key& key);

}  // namespace mita::jwt
