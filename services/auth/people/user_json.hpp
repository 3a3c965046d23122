// A person on the wire (proto-json/schemas/auth_user), for clients and for finance. Used by handlers and sessions.
#pragma once

#include "auth/people/user_store.hpp"

#include <string>
#include <string_view>

namespace mita::auth {

std::string to_json(const user& u);
std::string internal_json(const user& u);  // for finance: with role and status

// Appends "name":"value" to an object that is being written, after a comma unless it is the first.
void member(std::string& out, const char* name, std::string_view value, bool first = false);

}  // namespace mita::auth
