// Sessions on the wire: what a login and a refresh answer, and the list of one's sessions (proto-json/schemas/auth_*).
// Used by handlers.
#pragma once

#include "auth/sessions/session_store.hpp"
#include "http/page.hpp"

#include <string>

namespace mita::auth {

struct tokens {
    std::string access_token, refresh_token;
    long long expires_in = 0;
};

std::string to_json(const user& u, const tokens& t);  // register, login
std::string to_json(const tokens& t);                 // refresh
std::string to_json(const http::page<session_row>& sessions, const uuid& current);

}  // namespace mita::auth
