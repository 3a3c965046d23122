// What people send about themselves: the bodies of register and login (proto-json/schemas/auth_*), read strictly.
// Throws api_error 400/422 with every finding. Used by handlers.
#pragma once

#include "core/secret.hpp"

#include <string>
#include <string_view>

namespace mita::auth {

inline constexpr const char* hidden_characters =
    "Characters that show nothing or change the direction are not allowed.";

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

}  // namespace mita::auth
