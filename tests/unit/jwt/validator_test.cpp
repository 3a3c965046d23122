// The validator: what a hit re-checks, and clocks that jump.
#include "unit/jwt/allocations.hpp"
#include "unit/jwt/validator_support.hpp"

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

TEST_CASE("C1: a verified token is served from the cache afterwards, whole token compared, without cryptography") {
    validating f;
    const auto c = good_claims();
    const auto token = issue(c, f.key);
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == 1);
    for (int i = 0; i < 10; ++i) {
        const auto seen = f.v->check_now(token);
        REQUIRE(seen.result == verdict::ok);
        CHECK(seen.value->who.user_id == c.who.user_id);
    }
    CHECK(f.v->verified_by_crypto() == 1);
    CHECK(f.v->cache_stats().hits == 10);
    for (std::size_t i = 0; i < token.size(); i += 13) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (changed != token) CHECK(f.see(changed) != verdict::ok);
    }
    CHECK(f.see(token + "A") != verdict::ok);
    CHECK(f.see(std::string(20'000, 'a')) == verdict::malformed);
}

TEST_CASE("B4: a cache hit allocates nothing, through check_now and through the coroutine") {
    validating f(algorithm::es256);
    const auto token = issue(good_claims(), f.key);
    REQUIRE(f.see(token) == verdict::ok);
    (void)f.v->check_now(token);
    auto before = mita::test::allocation_total();
    for (int i = 0; i < 1000; ++i) (void)f.v->check_now(token);
    CHECK(mita::test::allocation_total() == before);
    std::uint64_t grown = 1;
    mita::test::run([&](executor) -> awaitable<> {
        for (int i = 0; i < 20; ++i) {
            before = mita::test::allocation_total();
            const decoded seen = co_await f.v->check(token, mita::test::soon());
            if (seen.result != verdict::ok) throw std::runtime_error("not ok");
            grown = mita::test::allocation_total() - before;
        }
    });
    CHECK(grown == 0);
}

TEST_CASE("C2: each hit re-checks exp: a token with three seconds left is good, then not, cached or not") {
    validator_options o;
    validating f(algorithm::eddsa, o);
    const auto token = issue(good_claims(t0, 3), f.key);
    CHECK(f.see(token) == verdict::ok);
    pass(3 + 29);  // the allowed skew is 30 s
    CHECK(f.see(token) == verdict::ok);
    pass(1);
    CHECK(f.see(token) == verdict::expired);
    CHECK(f.v->verified_by_crypto() == 1);
}

TEST_CASE("C2: each hit re-checks nbf and iat: a clock set back makes a cached token not yet valid") {
    validating f;
    auto c = good_claims();
    c.not_before = t0;
    const auto token = issue(c, f.key);
    CHECK(f.see(token) == verdict::ok);
    wall_s = t0 - 31;
    CHECK(f.see(token) == verdict::not_yet_valid);
    wall_s = t0;
    CHECK(f.see(token) == verdict::ok);
}

TEST_CASE(
    "C2: each hit re-checks key state: a removed key's tokens die at once, also when its kid is reused by another "
    "key") {
    validating f;
    const auto token = issue(good_claims(), f.key);
    CHECK(f.see(token) == verdict::ok);
    const auto other = signing_key::generate(algorithm::eddsa);
    f.v->set_keys(set_of(other));
    CHECK(f.see(token) == verdict::unknown_key);
    auto jwk = other.public_jwk();
    jwk.replace(jwk.find(other.kid()), other.kid().size(), f.key.kid());
    f.v->set_keys(key_set::from_jwks(make_jwks({jwk})));
    CHECK(f.see(token) == verdict::bad_signature);
    f.v->set_keys(key_set::from_jwks(make_jwks({f.key.public_jwk(), other.public_jwk()})));
    CHECK(f.see(token) == verdict::ok);
    const auto crypto = f.v->verified_by_crypto();
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == crypto);
}

TEST_CASE("C2: a validator never takes a token for another audience or issuer, cached elsewhere or not") {
    validating f;
    auto c = good_claims();
    c.audience = "other-api";
    CHECK(f.see(issue(c, f.key)) == verdict::wrong_audience);
    c = good_claims();
    c.issuer = "https://mita.test.evil";
    CHECK(f.see(issue(c, f.key)) == verdict::wrong_issuer);
    CHECK(f.v->cache_stats().entries == 0);
}

TEST_CASE("C9: a clock step back revives nothing that had expired, whether cached or not") {
    validating f;
    const auto cached = issue(good_claims(t0), f.key), unseen = issue(good_claims(t0), f.key);
    CHECK(f.see(cached) == verdict::ok);
    pass(700);
    CHECK(f.see(cached) == verdict::expired);
    pass(10);
    wall_s -= 300;  // t0 + 410: both would be good by the wall clock alone
    CHECK(f.see(cached) == verdict::expired);
    CHECK(f.see(unseen) == verdict::expired);
    pass(30);
    const auto fresh = issue(good_claims(wall_s), f.key);
    CHECK(f.see(fresh) == verdict::ok);
    // Exactly to where it was issued: what was seen expired stays so.
    wall_s = t0;
    CHECK(f.see(cached) == verdict::expired);
    const auto newer = issue(good_claims(t0), f.key);
    CHECK(f.see(newer) == verdict::ok);
}

TEST_CASE("C9: a cached token dies by the monotonic clock even while the wall clock stands still") {
    validating f;
    const auto token = issue(good_claims(t0, 600), f.key);
    CHECK(f.see(token) == verdict::ok);
    steady += 629'000;
    CHECK(f.see(token) == verdict::ok);
    steady += 1'000;
    CHECK(f.see(token) == verdict::expired);
}

TEST_CASE("C9: a clock that jumps ahead and comes back does not forget revocations") {
    validating f;
    const auto c = good_claims();
    const auto token = issue(c, f.key);
    f.revoked.apply({{1, revocation_kind::session, c.who.session_id.str(), 0, t0 + 700}}, 1, t0);
    f.revoked.apply({}, 2, t0 + 100'000);
    f.revoked.apply({}, 3, t0 + 200'000);
    CHECK(f.see(token) == verdict::revoked);
}

TEST_CASE("The cache may be off: every check is cryptography") {
    validator_options o;
    o.cache_bytes = 0;
    validating f(algorithm::eddsa, o);
    const auto token = issue(good_claims(), f.key);
    for (int i = 0; i < 3; ++i) CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == 3);
}
