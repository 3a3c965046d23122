// Tokens, their JSON parts well signed, JWKS and feed answers from arbitrary bytes: nothing crashes, nothing but the
// declared exceptions flies, and what verifies keeps the rules (T1-T12).
#include "core/base64url.hpp"
#include "jwt/feed_page.hpp"
#include "jwt/keys.hpp"
#include "jwt/token.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

namespace base64url = mita::base64url;
using namespace mita::jwt;

namespace {

constexpr std::int64_t now = 1'800'000'000;

struct fixture {
    signing_key key = signing_key::generate(algorithm::eddsa);
    key_set keys = key_set::from_jwks(make_jwks({key.public_jwk()}));
    policy rules;
    std::string header = R"({"alg":"EdDSA","typ":"at+jwt","kid":")" + key.kid() + "\"}";
    fixture() {
        rules.issuer = "i";
        rules.audience = "a";
    }
    std::string sign_parts(std::string_view head, std::string_view claims) const {
        const std::string input = base64url::encode(head) + "." + base64url::encode(claims);
        return input + "." + base64url::encode(sign(key, input));
    }
};

void require(bool good) {
    if (!good) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fixture f;
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
        case 0: {
            require(verify(text, f.keys, f.rules, now).result != verdict::ok);
            break;
        }
        case 1: {
            const auto seen = verify(f.sign_parts(f.header, text), f.keys, f.rules, now);
            if (seen.result != verdict::ok) break;
            const auto& c = *seen.value;
            require(c.issuer == "i" && c.audience == "a" && c.who.expires_at + 30 > now && c.issued_at <= now + 30);
            require(c.who.expires_at - c.issued_at <= f.rules.max_lifetime_s);
            break;
        }
        case 2: {
            require(verify(f.sign_parts(text, "{}"), f.keys, f.rules, now).result != verdict::ok);
            break;
        }
        case 3: {
            try {
                const auto set = key_set::from_jwks(text);
                require(set.size() > 0);
            } catch (const std::invalid_argument&) {
            }
            break;
        }
        default: {
            const auto page = read_feed_page(text);
            if (page) require(page->sequence >= 0);
            const auto bytes = base64url::decode(text);
            if (bytes) require(base64url::encode(*bytes) == text);
        }
    }
    return 0;
}
