// Whose passkeys are taken: MITA_PASSKEY_DOMAIN and MITA_PASSKEY_ORIGINS, by default what MITA_PUBLIC_URL says. Used by
// settings.
#pragma once

#include "auth/webauthn/ceremony.hpp"
#include "core/config.hpp"

#include <string>

namespace mita::auth {

// Without an id: passkeys are off. Wrong values are recorded in `from`.
relying_party passkey_party(config& from, const std::string& public_url);

}  // namespace mita::auth
