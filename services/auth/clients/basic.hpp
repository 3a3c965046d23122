// "Authorization: Basic …" of OAuth clients: id and secret, each form-encoded within (RFC 6749 2.3.1, RFC 7617). Pure.
#pragma once

#include "core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct basic_credentials {
    std::string id;
    secret password;
};

// nullopt: another scheme, or not in that form.
std::optional<basic_credentials> read_basic(std::string_view authorization);

}  // namespace mita::auth
