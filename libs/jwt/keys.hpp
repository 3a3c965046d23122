// Keys: a private signing key, and the closed set of public keys a verifier trusts (from a JWKS, RFC 7517). kid = RFC
// 7638 thumbprint. Loading refuses (std::invalid_argument): RSA < 2048, HS secret < 32 bytes, off-curve points,
// duplicate kids, mixed key types, private members in a public set. Immutable and shared between workers. States: next
// -> active -> retiring -> revoked.
#pragma once

#include "core/config.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mita::jwt {

enum class algorithm { es256, eddsa, rs256, hs256 };
std::string_view name(algorithm a);  // "ES256", ...

class public_key;

class signing_key {
public:
    static signing_key generate(algorithm a);                // ES256 or EdDSA
    static signing_key from_pem(const secret& private_pem);  // PKCS#8; the algorithm follows from the key
    secret to_pem() const;
    const std::string& kid() const;
    algorithm alg() const;
    std::string public_jwk() const;  // one JWK object as JSON, with kid, alg, use

private:
    friend std::string sign(const signing_key& key, std::string_view input);
    struct impl;
    std::shared_ptr<const impl> impl_;
};

// Raw JWS signature of `input` (ES256: 64 bytes r||s).
std::string sign(const signing_key& key, std::string_view input);

class key_set {
public:
    key_set();
    // Parses a JWKS document strictly. Throws std::invalid_argument naming what is wrong.
    static key_set from_jwks(std::string_view json);
    const public_key* find(std::string_view kid) const;  // null: unknown
    std::size_t size() const;
    std::vector<std::string> kids() const;

private:
    struct impl;
    std::shared_ptr<const impl> impl_;
};

algorithm alg_of(const public_key& key);
// Constant-time where it matters; false for any malformed signature (ES256 accepts exactly 64 bytes, 1 <= r,s < n).
bool check_signature(const public_key& key, std::string_view input, std::string_view signature);

// {"keys":[...]} of public JWK objects.
std::string make_jwks(const std::vector<std::string>& public_jwks);

}  // namespace mita::jwt
