// Makes tokens of any shape, well signed or not, for the tests of libs/jwt.
#pragma once

#include "core/base64url.hpp"
#include "core/ids.hpp"
#include "jwt/keys.hpp"
#include "jwt/token.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

namespace mita::jwt::test {

inline constexpr std::int64_t t0 = 1'800'000'000;

inline policy rules() {
    policy p;
    p.issuer = "https://mita.test";
    p.audience = "mita-api";
    p.skew_s = 30;
    return p;
}

inline claims good_claims(std::int64_t issued_at = t0, std::int64_t lifetime = 600) {
    claims c;
    c.issuer = "https://mita.test";
    c.audience = "mita-api";
    c.jti = new_uuid();
    c.issued_at = issued_at;
    c.who.user_id = new_uuid();
    c.who.session_id = new_uuid();
    c.who.client_id = "app";
    c.who.scope = "read write";
    c.who.auth_time = issued_at;
    c.who.expires_at = issued_at + lifetime;
    return c;
}

inline std::string header(const signing_key& key, std::string_view extra = "") {
    return R"({"alg":")" + std::string(name(key.alg())) + R"(","typ":"at+jwt","kid":")" + key.kid() + "\"" +
           std::string(extra) + "}";
}

// The payload of good_claims as text, with `from` replaced by `to` (JSON fragments) for one deviation.
inline std::string payload(std::string_view from = "", std::string_view to = "") {
    std::string text =
        R"({"iss":"https://mita.test","sub":"018f4e1c-0000-7000-8000-000000000001","aud":"mita-api","exp":1800000600,"iat":1800000000,)"
        R"("jti":"018f4e1c-0000-7000-8000-000000000002","sid":"018f4e1c-0000-7000-8000-000000000003","client_id":"app","scope":"read",)"
        R"("auth_time":1800000000})";
    if (!from.empty()) {
        const auto at = text.find(from);
        if (at == std::string::npos) throw std::logic_error("no such fragment");
        text.replace(at, from.size(), to);
    }
    return text;
}

inline std::string signed_with(const signing_key& key, std::string_view header_json, std::string_view payload_json) {
    const std::string input = base64url::encode(header_json) + "." + base64url::encode(payload_json);
    return input + "." + base64url::encode(sign(key, input));
}

inline std::string hmac(std::string_view secret_bytes, std::string_view input) {
    unsigned char out[32];
    unsigned size = 0;
    HMAC(EVP_sha256(), secret_bytes.data(), static_cast<int>(secret_bytes.size()),
         reinterpret_cast<const unsigned char*>(input.data()), input.size(), out, &size);
    return {reinterpret_cast<const char*>(out), size};
}

inline std::string maced_with(std::string_view secret_bytes, std::string_view header_json,
                              std::string_view payload_json) {
    const std::string input = base64url::encode(header_json) + "." + base64url::encode(payload_json);
    return input + "." + base64url::encode(hmac(secret_bytes, input));
}

inline key_set set_of(const signing_key& key) { return key_set::from_jwks(make_jwks({key.public_jwk()})); }

}  // namespace mita::jwt::test
