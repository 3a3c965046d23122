// Keys as OpenSSL holds them: made from the numbers of a JWK, from PEM or new, checked before anyone uses them, and
// written as PEM or JWK. Whatever comes out is acceptable. Internal to libs/jwt: signing_key and the JWKS reader use
// it.
#pragma once

#include "jwt/crypto.hpp"
#include "jwt/keys.hpp"

#include <string>
#include <string_view>

namespace mita::jwt::crypto {

// Each throws std::invalid_argument naming what is wrong with the key. Coordinates, modulus and exponent as raw
// big-endian bytes.
pkey make_p256(std::string_view x, std::string_view y);  // 32 bytes each, on the curve
pkey make_ed25519(std::string_view x);                   // 32 bytes, canonical, on the curve, not of small order
pkey make_rsa(std::string_view n, std::string_view e);   // 2048..8192 bits, odd e > 1 below 2^32
pkey generate(algorithm a);                              // ES256, EdDSA
pkey read_private_pem(std::string_view pem);             // PKCS#8 only; never asks for a passphrase
std::string write_private_pem(const evp_pkey_st& key);
algorithm algorithm_of(const evp_pkey_st& key);  // throws std::invalid_argument for other keys
// The public JWK members that make the thumbprint, in its canonical order: {"crv":...}.
std::string canonical_jwk(const evp_pkey_st& key, algorithm a);

}  // namespace mita::jwt::crypto
