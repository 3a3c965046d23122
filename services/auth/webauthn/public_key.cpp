#include "auth/webauthn/public_key.hpp"

#include "auth/webauthn/cbor.hpp"
#include "core/base64url.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

namespace mita::auth {

namespace {

constexpr const char* kid = "passkey";

// Labels and values of RFC 9052 7, 9053 7 and RFC 8230 4.
constexpr std::int64_t kty_label = 1, alg_label = 3, okp = 1, ec2 = 2, rsa = 3;
constexpr std::int64_t es256 = -7, eddsa = -8, rs256 = -257, p256 = 1, ed25519 = 6;

struct members {
    std::optional<std::int64_t> kty, alg, crv;
    std::array<std::string_view, 3> parts;  // labels -1 (RSA: n), -2, -3
};

// Each member once; others than these are passed.
bool take(cbor::reader& in, members& out) {
    const auto label = in.integer();
    if (!label) return false;
    if (*label == kty_label || *label == alg_label) {
        auto& into = *label == kty_label ? out.kty : out.alg;
        if (into) return false;
        into = in.integer();
        return into.has_value();
    }
    if (*label > -1 || *label < -3) return in.skip();
    if (*label == -1 && !out.crv) {
        out.crv = in.integer();
        if (out.crv) return true;
    }
    auto& into = out.parts[static_cast<std::size_t>(-1 - *label)];
    if (into.data() != nullptr) return false;
    const auto bytes = in.bytes();
    if (!bytes) return false;
    into = *bytes;
    return true;
}

std::string member(const char* name, std::string_view bytes) {
    return std::string(",\"") + name + "\":\"" + base64url::encode(bytes) + "\"";
}

// Empty: not one of the three.
std::string jwk_of(const members& m) {
    const auto& [n, x, y] = m.parts;
    const bool rsa_key = m.kty == rsa && m.alg == rs256 && !m.crv;
    const std::string begin = std::string(R"({"kid":")") + kid + "\"";
    if (m.kty == ec2 && m.alg == es256 && m.crv == p256 && n.empty())
        return begin + R"(,"kty":"EC","crv":"P-256")" + member("x", x) + member("y", y) + "}";
    if (m.kty == okp && m.alg == eddsa && m.crv == ed25519 && n.empty() && y.empty())
        return begin + R"(,"kty":"OKP","crv":"Ed25519")" + member("x", x) + "}";
    if (rsa_key && y.empty()) return begin + R"(,"kty":"RSA")" + member("n", n) + member("e", x) + "}";
    return "";
}

// DER has one spelling of each value, OpenSSL reads more.
bool spelled_so(const ECDSA_SIG& value, std::string_view der) {
    const int size = i2d_ECDSA_SIG(&value, nullptr);
    if (size < 0 || static_cast<std::size_t>(size) != der.size()) return false;
    std::string again(der.size(), '\0');
    auto* to = reinterpret_cast<unsigned char*>(again.data());
    i2d_ECDSA_SIG(&value, &to);
    return again == der;
}

// DER to r||s, both of 32 bytes; empty: not exactly one such signature.
std::string raw_of(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = at + der.size();
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> parts(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), &ECDSA_SIG_free);
    std::string raw(64, '\0');
    auto* out = reinterpret_cast<unsigned char*>(raw.data());
    const bool good = parts && at == end && spelled_so(*parts, der) &&
                      BN_is_negative(ECDSA_SIG_get0_r(parts.get())) == 0 &&
                      BN_is_negative(ECDSA_SIG_get0_s(parts.get())) == 0 &&
                      BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out, 32) == 32 &&
                      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out + 32, 32) == 32;
    if (good) return raw;
    ERR_clear_error();
    return "";
}

}  // namespace

std::optional<passkey_key> passkey_key::read(std::string_view cose, std::string_view& rest) {
    cbor::reader in(cose);
    const auto pairs = in.map();
    if (!pairs) return std::nullopt;
    members m;
    for (std::size_t i = 0; i < *pairs; ++i)
        if (!take(in, m)) return std::nullopt;
    const auto jwk = jwk_of(m);
    if (jwk.empty()) return std::nullopt;
    rest = in.rest();
    try {
        return passkey_key(jwt::key_set::from_jwks(jwt::make_jwks({jwk})));
    } catch (const std::invalid_argument&) {  // off the curve, too short, ...
        return std::nullopt;
    }
}

std::optional<passkey_key> passkey_key::read(std::string_view cose) {
    std::string_view rest;
    auto out = read(cose, rest);
    if (!rest.empty()) out.reset();
    return out;
}

const jwt::public_key& passkey_key::key() const { return *one_.find(kid); }
jwt::algorithm passkey_key::algorithm() const { return jwt::alg_of(key()); }

bool passkey_key::signed_this(std::string_view input, std::string_view signature) const {
    if (algorithm() != jwt::algorithm::es256) return jwt::check_signature(key(), input, signature);
    const auto raw = raw_of(signature);
    return !raw.empty() && jwt::check_signature(key(), input, raw);
}

}  // namespace mita::auth
