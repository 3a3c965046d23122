// Passkeys on the wire: the options a browser is given, in the JSON forms of WebAuthn (5.1.8, 5.1.9), and the list of
// one's own. Used by handlers.
#pragma once

#include "auth/passkeys/passkey_store.hpp"
#include "auth/people/user_store.hpp"
#include "auth/webauthn/ceremony.hpp"
#include "http/page.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mita::auth {

// PublicKeyCredentialCreationOptionsJSON. held: what the person has already, which no authenticator makes again.
std::string creation_options(const relying_party& rp, const user& whose, std::string_view challenge,
                             std::span<const passkey> held);
// PublicKeyCredentialRequestOptionsJSON. allowed: empty: whichever the browser knows for this domain.
std::string request_options(const relying_party& rp, std::string_view challenge, std::span<const passkey> allowed,
                            bool verified_needed);

std::string to_json(const passkey& p);
std::string to_json(const http::page<passkey>& page);
std::string place_of_passkey(const passkey& p);  // where it stands in the list

}  // namespace mita::auth
