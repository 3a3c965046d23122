// What a browser brings of a passkey (the JSON forms of WebAuthn, 5.1), decoded to bytes. The credential itself is open
// to additions: browsers add to it. Throws api_error 400/422 with every finding. Used by handlers.
#pragma once

#include "core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct made_credential {
    std::string id, client_data, attestation_object, transports;  // transports: a space between
};

struct shown_credential {
    std::string id, client_data, authenticator_data, signature;
    std::optional<std::string> user_handle;
};

struct passkey_request {
    explicit passkey_request(std::string_view body);
    made_credential made;
    std::string name;
};

struct passkey_login_request {
    explicit passkey_login_request(std::string_view body);
    shown_credential shown;
    std::string device_name;
};

// The second step of a login: a code, or a passkey.
struct mfa_verify_request {
    explicit mfa_verify_request(std::string_view body);
    secret mfa_token, code;
    std::optional<shown_credential> shown;
};

}  // namespace mita::auth
