// Signatures in raw JWS form (RFC 7515, 7518, 8037), checked and made by OpenSSL. Any thread; checking never throws:
// attackers pace it. Internal to libs/jwt: check_signature() and sign() of keys.hpp choose by the key's algorithm.
#pragma once

#include "jwt/crypto.hpp"
#include "jwt/keys.hpp"

#include <string>
#include <string_view>

namespace mita::jwt::crypto {

// False for any malformed signature. ES256: exactly 64 bytes r||s, 1 <= r,s < n. HS256: compared in constant time.
bool verify_es256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature);
bool verify_ed25519(evp_pkey_st* key, std::string_view input, std::string_view signature);
bool verify_rs256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature);
bool verify_hs256(evp_mac_st* method, std::string_view secret, std::string_view input, std::string_view signature);

// `a` is the key's: ES256, EdDSA or RS256. Throws std::runtime_error when OpenSSL fails.
std::string sign(evp_pkey_st* key, algorithm a, const evp_md_st* method, std::string_view input);

}  // namespace mita::jwt::crypto
