// OpenSSL behind the keys: owning handles, and the few operations jwt needs, on methods fetched once per key (fetching
// by name in each call takes locks: openssl#20286). Internal to libs/jwt; OpenSSL's headers stay in .cpp files.
#pragma once

#include "jwt/keys.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;
struct evp_md_st;
struct evp_mac_st;

namespace mita::jwt::crypto {

struct free_handle {
    void operator()(evp_pkey_st* p) const noexcept;
    void operator()(evp_md_st* p) const noexcept;
    void operator()(evp_mac_st* p) const noexcept;
};
using pkey = std::unique_ptr<evp_pkey_st, free_handle>;
using digest_method = std::unique_ptr<evp_md_st, free_handle>;
using mac_method = std::unique_ptr<evp_mac_st, free_handle>;

digest_method fetch_sha256();
mac_method fetch_hmac();
std::array<unsigned char, 32> sha256(const evp_md_st* method, std::string_view data);
std::string thumbprint(const evp_md_st* method, std::string_view canonical_jwk);  // RFC 7638

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
// The checks of make_* for a key that came as a whole.
void require_acceptable(const evp_pkey_st& key, algorithm a);

// Raw JWS forms. Verifying never throws.
bool verify_es256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature);
bool verify_ed25519(evp_pkey_st* key, std::string_view input, std::string_view signature);
bool verify_rs256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature);
bool verify_hs256(evp_mac_st* method, std::string_view secret, std::string_view input, std::string_view signature);
std::string sign(evp_pkey_st* key, algorithm a, const evp_md_st* method, std::string_view input);

}  // namespace mita::jwt::crypto
