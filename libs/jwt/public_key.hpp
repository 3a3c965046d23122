// One key a verifier trusts. Internal to libs/jwt: others hold it through key_set.
#pragma once

#include "jwt/crypto.hpp"
#include "jwt/keys.hpp"

#include <string>
#include <string_view>

namespace mita::jwt {

class public_key {
public:
    std::string kid;
    std::string thumbprint;  // tells two keys of one kid apart when a set is replaced
    algorithm alg = algorithm::es256;

    crypto::pkey key;  // asymmetric
    secret mac_key;    // HS256
    crypto::digest_method sha256;
    crypto::mac_method hmac;
};

}  // namespace mita::jwt
