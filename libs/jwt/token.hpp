// Access tokens (RFC 7519, 9068: typ at+jwt) made and read strictly (rules T1-T14, RFC 8725): the algorithm comes
// from the key, kid indexes a closed set, sizes are checked before work. No exceptions on the reading side: attackers
// pace it.
#pragma once

#include "core/ids.hpp"
#include "core/principal.hpp"
#include "jwt/keys.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mita::jwt {

enum class verdict {
    ok,
    malformed,    // sizes, dots, base64url, JSON, duplicate members, wrong types, missing claims
    unsupported,  // alg, typ, crit, b64, zip, jku/x5u/x5c/jwk present
    unknown_key,  // kid not in the set: the caller may refetch the JWKS once
    bad_signature,
    expired,
    not_yet_valid,  // nbf or iat in the future
    wrong_issuer,
    wrong_audience,
    lifetime_too_long,
    revoked,
};
std::string_view name(verdict v);  // "malformed", ... for metrics and `jwt verify`

// Longer ones are malformed, unread.
inline constexpr std::size_t max_token = 8192;
// A policy's skew is cut to this.
inline constexpr std::int64_t longest_skew_s = 30;

struct claims {
    principal who;  // sub, sid, client_id, scope, auth_time, exp
    uuid jti;
    std::string issuer, audience, kid;
    std::int64_t issued_at = 0, not_before = 0;
};

struct policy {
    policy() = default;
    std::string issuer;
    std::string audience;
    std::int64_t skew_s = 30;
    std::int64_t max_lifetime_s = 900;
    // T10: separates access, refresh, reset, mail, MFA and service tokens. Empty: any, or none; for `jwt verify`, never
    // for a service.
    std::string typ = "at+jwt";
};

struct decoded {
    verdict result = verdict::malformed;
    std::shared_ptr<const claims> value;  // set when result is ok or expired
};

// Structure, signature, claims. `now` in unix seconds. No allocation before the size and shape checks. Any thread.
decoded verify(std::string_view token, const key_set& keys, const policy& p, std::int64_t now);

// Makes a compact JWS of at most 1 KB. Throws std::runtime_error when OpenSSL fails.
std::string issue(const claims& c, const signing_key& key, std::string_view typ = "at+jwt");

}  // namespace mita::jwt
