// What people send about themselves: the bodies of register and login (proto-json/schemas/auth_*), read strictly.
// Throws api_error 400/422 with every finding. Used by handlers.
#pragma once

#include "core/secret.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace mita::auth {

inline constexpr const char* hidden_characters =
    "Characters that show nothing or change the direction are not allowed.";

struct register_request {
    register_request(std::string_view body, std::size_t least_password);
    std::string email, display_name;
    secret password, invitation;  // invitation: empty: none
};

struct login_request {
    explicit login_request(std::string_view body);
    std::string email, device_name;
    secret password;
};

// The present password, to be recognised anew.
struct password_request {
    explicit password_request(std::string_view body);
    secret password;
};

struct password_change_request {
    explicit password_change_request(std::string_view body);
    secret current_password, new_password;
};

// A token of a mail, and what some of them bring.
struct one_time_request {
    explicit one_time_request(std::string_view body);
    secret token;
};
struct password_reset_request {
    explicit password_reset_request(std::string_view body);
    secret token, new_password;
};

struct account_deletion {
    explicit account_deletion(std::string_view body);
    secret password;
};

struct address_request {
    explicit address_request(std::string_view body);
    std::string email;
};

struct email_change_request {
    explicit email_change_request(std::string_view body);
    std::string new_email;
    secret password;
};

}  // namespace mita::auth
