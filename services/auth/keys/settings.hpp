// What auth is told about its keys: the secrets they are made and sealed with, what kind new ones are, when they are
// renewed. Used by settings and by the commands `keys …`.
#pragma once

#include "auth/keys/vault.hpp"
#include "core/config.hpp"
#include "jwt/keys.hpp"

#include <chrono>

namespace mita::auth {

struct key_settings {
    explicit key_settings(config& from);  // wrong values are recorded in `from`

    vault make_vault() const;

    secret master;                // MITA_AUTH_SECRET
    secret sealing, sealing_old;  // MITA_KEY_SECRET and the one before it; empty: the master
    jwt::algorithm algorithm;
    std::chrono::hours renewed;      // an active key's age when it is replaced; 0: by command only
    std::chrono::seconds published;  // how long a key is in the JWKS before it signs
};

}  // namespace mita::auth
