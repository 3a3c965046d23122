// What the tests of tokens have in common: a key, and tokens that it signed with one thing changed.
#pragma once

#include "jwt/token.hpp"

#include "core/base64url.hpp"
#include "unit/jwt/forge.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mita::jwt::test {

struct judging {
    signing_key key = signing_key::generate(algorithm::es256);
    key_set keys = set_of(key);

    verdict see(std::string_view token, std::int64_t now = t0 + 1) const {
        return verify(token, keys, rules(), now).result;
    }
    verdict claims_with(std::string_view from, std::string_view to, std::int64_t now = t0 + 1) const {
        return see(signed_with(key, header(key), payload(from, to)), now);
    }
    verdict header_with(const std::string& text) const { return see(signed_with(key, text, payload())); }
};

inline std::string b64(std::string_view s) { return base64url::encode(s); }

}  // namespace mita::jwt::test
