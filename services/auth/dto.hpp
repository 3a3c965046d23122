// What auth reads and writes on the wire (proto-json/schemas/auth_*). Reading throws api_error 400/422 with every
// finding.
#pragma once

#include "auth/session_store.hpp"
#include "auth/user_store.hpp"
#include "core/secret.hpp"
#include "http/page.hpp"
#include "jwt/revocations.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct register_request {
    explicit register_request(std::string_view body);
    std::string email, display_name;
    secret password;
};

struct login_request {
    explicit login_request(std::string_view body);
    std::string email, device_name;
    secret password;
};

struct tokens {
    std::string access_token, refresh_token;
    long long expires_in = 0;
};

std::string to_json(const user& u);
std::string to_json(const user& u, const tokens& t);  // register, login
std::string to_json(const tokens& t);                 // refresh
std::string to_json(const http::page<session_row>& sessions, const uuid& current);
std::string internal_json(const user& u);  // for finance: with role and status

}  // namespace mita::auth
