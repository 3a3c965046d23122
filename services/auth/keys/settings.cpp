#include "auth/keys/settings.hpp"

#include <utility>

namespace mita::auth {

key_settings::key_settings(config& from) : renewed(0) {
    master = from.secret_text("MITA_AUTH_SECRET", true, 32);
    sealing = from.secret_text("MITA_KEY_SECRET", false, 32);
    sealing_old = from.secret_text("MITA_KEY_SECRET_OLD", false, 32);
    algorithm = from.one_of("MITA_JWT_ALGORITHM", "ES256", {"ES256", "EdDSA"}) == "ES256" ? jwt::algorithm::es256
                                                                                          : jwt::algorithm::eddsa;
    // Twice the max-age of the JWKS: whoever keeps it has seen the key before the first token by it.
    published = std::chrono::seconds(from.integer("MITA_KEY_PUBLISHED_S", 600, 1, 604'800));
}

vault key_settings::make_vault() const {
    return vault(master.copy(), sealing.empty() ? master.copy() : sealing.copy(), sealing_old.copy());
}

}  // namespace mita::auth
