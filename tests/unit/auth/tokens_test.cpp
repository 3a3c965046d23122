// S1: refresh tokens are a MAC over (session, counter). Keys at rest. P6: password rules.
#include "auth/keys/vault.hpp"
#include "auth/people/password_rules.hpp"
#include "auth/sessions/refresh_token.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

using mita::auth::password_fault;
using mita::auth::refresh_claim;
using mita::auth::refresh_tokens;
using mita::auth::vault;

namespace {

const vault& keys() {
    static const vault v{mita::secret(std::string(32, 'k'))};
    return v;
}

}  // namespace

TEST_CASE("S1: a refresh token reads back as what it was made of, and the same generation makes the same token") {
    const refresh_tokens t(keys());
    CHECK(rc::check("round trip", [&] {
        refresh_claim c;
        c.session = mita::new_uuid();
        c.counter = *rc::gen::inRange<std::int64_t>(0, INT64_MAX);
        const auto text = t.make(c);
        RC_ASSERT(text == t.make(c));
        const auto back = t.read(text);
        RC_ASSERT(back.has_value());
        RC_ASSERT(back->session == c.session);
        RC_ASSERT(back->counter == c.counter);
    }));
}

TEST_CASE("S1: a token changed in any character is refused") {
    const refresh_tokens t(keys());
    refresh_claim c;
    c.session = mita::new_uuid();
    c.counter = 5;
    const auto good = t.make(c);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        CAPTURE(i);
        REQUIRE_FALSE(t.read(bad).has_value());
    }
    REQUIRE_FALSE(t.read("").has_value());
    REQUIRE_FALSE(t.read(good + "A").has_value());
    REQUIRE_FALSE(t.read(good.substr(1)).has_value());
}

TEST_CASE("S1: what another secret made is refused") {
    const vault other{mita::secret(std::string(32, 'x'))};
    refresh_claim c;
    c.session = mita::new_uuid();
    REQUIRE_FALSE(refresh_tokens(keys()).read(refresh_tokens(other).make(c)).has_value());
}

TEST_CASE("Keys derived for different purposes differ, and are the same each time") {
    REQUIRE(keys().derive("a").view() == keys().derive("a").view());
    REQUIRE(keys().derive("a").view() != keys().derive("b").view());
    REQUIRE(keys().derive("a", "x").view() != keys().derive("a", "y").view());
    REQUIRE(keys().derive("a").view().size() == 32);
}

TEST_CASE("What is sealed opens only whole, under its own name and with its own secret") {
    const auto sealed = keys().seal("private key", "kid-1");
    REQUIRE(keys().open(sealed, "kid-1")->view() == "private key");
    REQUIRE(sealed.find("private key") == std::string::npos);
    REQUIRE_FALSE(keys().open(sealed, "kid-2").has_value());
    REQUIRE_FALSE(keys().open(sealed.substr(1), "kid-1").has_value());
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto bad = sealed;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        REQUIRE_FALSE(keys().open(bad, "kid-1").has_value());
    }
    REQUIRE_FALSE(vault(mita::secret(std::string(32, 'x'))).open(sealed, "kid-1").has_value());
}

TEST_CASE("P6: common passwords and the own address are refused with their reason, long phrases are not") {
    REQUIRE(password_fault("Password1", "a@example.com")->code == "password_too_common");
    REQUIRE(password_fault("12345678", "a@example.com")->code == "password_too_common");
    for (const char* pattern : {"aaaaaaaa", "11111111", "ABCabcABCabc", "12341234", "abcdefgh", "87654321",
                                "\xD0\xB6\xD0\xB6\xD0\xB6\xD0\xB6\xD0\xB6\xD0\xB6\xD0\xB6\xD0\xB6"})
        REQUIRE(password_fault(pattern, "a@example.com")->code == "password_too_common");
    for (const char* near : {"aaaaaaab", "abcdefgi", "12341235", "abcdeabcde", "97654321"})
        REQUIRE_FALSE(password_fault(near, "a@example.com").has_value());
    for (const char* context :
         {"Ann.Smith@example.com", "ann.smith", "AnnSmith2026!", "mita-ann.smith", "MitaMita", "mita2026"})
        REQUIRE(password_fault(context, "ann.smith@example.com")->code == "password_is_context");
    REQUIRE(password_fault("ann.8273645190@a.org", "ann.8273645190@a.org")->code == "password_is_context");
    REQUIRE(password_fault("82736451", "82736451@example.com")->code == "password_is_context");
    for (const char* fine :
         {"correct horse battery", "ann.smith sings", "82736451", "my mita box", "annsmith 827364519"})
        REQUIRE_FALSE(password_fault(fine, "ann.smith@example.com").has_value());
}

TEST_CASE("P3: more than 512 bytes are refused before any hashing, 64 four-byte code points are fine") {
    std::string wide;
    for (int i = 0; i < 64; ++i) wide += i % 7 == 0 ? "\xF0\x9F\x98\x81" : "\xF0\x9F\x98\x80";
    REQUIRE_FALSE(password_fault(wide, "a@example.com").has_value());
    REQUIRE(password_fault(std::string(513, 'z'), "a@example.com")->code == "too_long");
}
