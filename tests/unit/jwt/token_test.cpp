// Tokens: whole ones, and any byte of them changed.
#include "support/counted_new.hpp"
#include "unit/jwt/allocations.hpp"
#include "unit/jwt/token_support.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

namespace mita::test {
std::uint64_t allocation_total() { return allocations(); }
}  // namespace mita::test

TEST_CASE("A token that was issued is read back whole, with every algorithm that signs") {
    for (const auto a : {algorithm::es256, algorithm::eddsa}) {
        const auto key = signing_key::generate(a);
        const auto c = good_claims();
        const auto token = issue(c, key);
        CHECK(token.size() <= 1024);
        const auto seen = verify(token, set_of(key), rules(), t0 + 1);
        REQUIRE(seen.result == verdict::ok);
        CHECK(seen.value->who.user_id == c.who.user_id);
        CHECK(seen.value->who.session_id == c.who.session_id);
        CHECK(seen.value->jti == c.jti);
        CHECK(seen.value->who.client_id == "app");
        CHECK(seen.value->who.scope == "read write");
        CHECK(seen.value->who.auth_time == t0);
        CHECK(seen.value->who.expires_at == t0 + 600);
        CHECK(seen.value->issued_at == t0);
        CHECK(seen.value->kid == key.kid());
        CHECK(seen.value->issuer == "https://mita.test");
        CHECK(seen.value->audience == "mita-api");
    }
    auto long_one = good_claims();
    long_one.who.scope = std::string(900, 's');
    CHECK_THROWS_AS(issue(long_one, signing_key::generate(algorithm::es256)), std::runtime_error);
}

TEST_CASE("Strings that need escaping survive the round trip") {
    const auto key = signing_key::generate(algorithm::eddsa);
    auto c = good_claims();
    c.who.client_id = "a\"b\\c\n\xc3\xa9\xf0\x9f\x98\x80";
    const auto seen = verify(issue(c, key), set_of(key), rules(), t0);
    REQUIRE(seen.result == verdict::ok);
    CHECK(seen.value->who.client_id == c.who.client_id);
}

TEST_CASE("T9: sizes are checked before any work and without allocating") {
    judging f;
    const std::string dots(1 << 20, '.'), letters(1 << 20, 'A');
    const std::string big_payload = b64(header(f.key)) + "." + std::string(1 << 20, 'A') + ".AA";
    const std::string big_header =
        b64(header(f.key, R"(,"x":")" + std::string(1100, 'x') + "\"")) + "." + b64(payload()) + ".AA";
    const std::string three_dots = "AAAA.AAAA.AAAA.AAAA";
    const std::string junk = b64(header(f.key)) + "." + std::string(4000, '!') + ".AA";
    const auto p = rules();
    const auto began = std::chrono::steady_clock::now();
    const auto before = mita::test::allocations();
    for (const auto* token : {&dots, &letters, &big_payload, &big_header, &three_dots, &junk}) {
        const auto seen = verify(*token, f.keys, p, t0);
        if (seen.result != verdict::malformed) FAIL("not malformed");
    }
    const auto after = mita::test::allocations();
    const auto took = std::chrono::steady_clock::now() - began;
    CHECK(after == before);
    CHECK(verify("", f.keys, rules(), t0).result == verdict::malformed);
    CHECK(took < std::chrono::milliseconds(mita::test::sanitized ? 100 : 5));
    const auto padded = [&](std::size_t n) {
        return signed_with(f.key, header(f.key),
                           payload("\"scope\"", R"("x":")" + std::string(n, 'x') + R"(","scope")"));
    };
    CHECK(padded(5000).size() < 8192);
    CHECK(f.see(padded(5000)) == verdict::ok);
    CHECK(f.see(padded(6000)) == verdict::malformed);
}

TEST_CASE("S8: the claims of an expired token are given, those of a token that is not ours are not") {
    judging f;
    const auto old = verify(signed_with(f.key, header(f.key), payload()), f.keys, rules(), t0 + 100'000);
    CHECK(old.result == verdict::expired);
    REQUIRE(old.value);
    CHECK(old.value->who.expires_at == t0 + 600);
    auto other = rules();
    other.issuer = "https://elsewhere.example";
    const auto foreign = verify(signed_with(f.key, header(f.key), payload()), f.keys, other, t0 + 100'000);
    CHECK(foreign.result == verdict::wrong_issuer);
    CHECK_FALSE(foreign.value);
}

TEST_CASE("T14: comparing MACs goes through a constant-time compare: a wrong first or last byte is refused alike") {
    const std::string secret_bytes(32, 's');
    const auto oct = key_set::from_jwks(R"({"keys":[{"kty":"oct","kid":"h","k":")" + b64(secret_bytes) + "\"}]}");
    const std::string input = "a.b";
    const auto mac = hmac(secret_bytes, input);
    CHECK(check_signature(*oct.find("h"), input, mac));
    for (std::size_t i = 0; i < mac.size(); ++i) {
        auto wrong = mac;
        wrong[i] = static_cast<char>(wrong[i] ^ 1);
        CHECK_FALSE(check_signature(*oct.find("h"), input, wrong));
    }
}

TEST_CASE("Any change of one character of a valid token is refused, whatever it is") {
    judging f;
    const auto good = signed_with(f.key, header(f.key), payload());
    CHECK(rc::check([&] {
        auto changed = good;
        const auto at = *rc::gen::inRange<std::size_t>(0, good.size());
        changed[at] = static_cast<char>(*rc::gen::inRange(0, 256));
        if (changed == good) return;
        RC_ASSERT(f.see(changed) != verdict::ok);
    }));
    CHECK(rc::check("random bytes never verify and never throw",
                    [&](const std::string& bytes) { RC_ASSERT(f.see(bytes) != verdict::ok); }));
}
