// What people send about their second factors (proto-json/schemas/mfa_*), read strictly. Throws api_error 400/422 with
// every finding. Used by handlers.
#pragma once

#include "core/secret.hpp"

#include <string_view>

namespace mita::auth {

struct totp_confirm_request {
    explicit totp_confirm_request(std::string_view body);
    secret code;
};

// None, or an object without members. Throws as the readers above.
void refuse_body(std::string_view body);

// A code as it was typed, without what people put between its parts.
secret bare_code(std::string_view typed);

}  // namespace mita::auth
