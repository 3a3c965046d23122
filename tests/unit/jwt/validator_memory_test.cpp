// The validator: what its cache keeps, and how much.
#include "unit/jwt/allocations.hpp"
#include "unit/jwt/validator_support.hpp"

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

namespace {

std::size_t heap() {
    const auto m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

}  // namespace

TEST_CASE("C5: a flood of distinct tokens keeps memory flat and the hot set cached") {
    const bool full = std::getenv("MITA_NIGHTLY") != nullptr && !mita::test::under_sanitizer;
    const int flood = full ? 1'000'000 : mita::test::under_sanitizer ? 3'000 : 60'000;
    validator_options o;
    o.cache_bytes = 1 << 20;
    validating f(algorithm::eddsa, o);
    // MACs make valid tokens cheaply.
    const std::string secret_bytes(32, 's');
    const auto oct =
        key_set::from_jwks(R"({"keys":[{"kty":"oct","kid":"h","k":")" + base64url::encode(secret_bytes) + "\"}]}");
    f.v->set_keys(oct);
    const std::string head = R"({"alg":"HS256","typ":"at+jwt","kid":"h"})";
    const auto make = [&](int n) {
        char id[37];
        std::snprintf(id, sizeof id, "018f4e1c-0000-7000-8000-%012d", n);
        return maced_with(secret_bytes, head, payload("018f4e1c-0000-7000-8000-000000000002", id));
    };
    std::vector<std::string> hot;
    for (int i = 0; i < 200; ++i) hot.push_back(make(i));
    for (int round = 0; round < 5; ++round)
        for (const auto& token : hot) REQUIRE(f.see(token) == verdict::ok);
    const auto before = heap();
    std::size_t highest = 0;
    std::uint64_t asked = 0, by_crypto = 0;
    for (int i = 0; i < flood; ++i) {
        auto token = make(1000 + i);
        if (i % 3 == 0) token.back() = token.back() == 'A' ? 'E' : 'A';
        (void)f.see(token);
        if (i % 10 == 0) {
            const auto crypto = f.v->verified_by_crypto();
            if (f.see(hot[static_cast<std::size_t>(i / 10) % hot.size()]) != verdict::ok)
                FAIL("a hot token was refused");
            ++asked;
            by_crypto += f.v->verified_by_crypto() - crypto;
        }
        if (i % 1000 == 0) highest = std::max(highest, heap());
    }
    CHECK(by_crypto * 10 <= asked);  // 90 % of the hot set's calls hit
    const auto s = f.v->cache_stats();
    CHECK(s.bytes <= s.max_bytes);
    if (!mita::test::under_sanitizer) CHECK(highest - std::min(before, highest) < (1 << 20));
}

TEST_CASE("C6: only bad signatures are remembered, and only until the keys change") {
    validating f;
    const auto later = signing_key::generate(algorithm::eddsa);
    const auto good = issue(good_claims(), f.key);
    auto forged = good;
    forged[good.rfind('.') + 5] = forged[good.rfind('.') + 5] == 'A' ? 'B' : 'A';
    CHECK(f.see(forged) == verdict::bad_signature);
    const auto crypto = f.v->verified_by_crypto();
    for (int i = 0; i < 5; ++i) CHECK(f.see(forged) == verdict::bad_signature);
    CHECK(f.v->verified_by_crypto() == crypto);
    CHECK(f.see(good) == verdict::ok);

    const auto unknown = issue(good_claims(), later);
    CHECK(f.see(unknown) == verdict::unknown_key);
    f.v->set_keys(key_set::from_jwks(make_jwks({f.key.public_jwk(), later.public_jwk()})));
    CHECK(f.see(unknown) == verdict::ok);

    const auto early = issue(good_claims(t0 + 60), f.key);
    CHECK(f.see(early) == verdict::not_yet_valid);
    pass(40);
    CHECK(f.see(early) == verdict::ok);

    // A signature that was wrong under one key of a kid may be right under the next.
    auto jwk = later.public_jwk();
    jwk.replace(jwk.find(later.kid()), later.kid().size(), "shared");
    auto own = f.key.public_jwk();
    own.replace(own.find(f.key.kid()), f.key.kid().size(), "shared");
    const auto token = signed_with(later, R"({"alg":"EdDSA","typ":"at+jwt","kid":"shared"})", payload());
    f.v->set_keys(key_set::from_jwks(make_jwks({own})));
    CHECK(f.see(token) == verdict::bad_signature);
    f.v->set_keys(key_set::from_jwks(make_jwks({jwk})));
    CHECK(f.see(token) == verdict::ok);
}
