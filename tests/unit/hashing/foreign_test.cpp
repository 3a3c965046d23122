// Hashes of other systems: by the vectors of RFC 6070 and RFC 7914 in passlib's form, and Django's.
#include "auth/hashing/foreign.hpp"

#include <catch2/catch.hpp>

#include <rapidcheck.h>

#include <string>

using namespace mita::hashing;

namespace {

struct known {
    const char *password, *text;
};
const known known_good[] = {
    {"passwd",
     "$pbkdf2-sha256$1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd."
     "8xfHG4RbHjC9UJESBB06GXgw"},
    {"password", "$pbkdf2$4096$c2FsdA$SwB5AbdlSJq.rUnZJvch0GWkKcE"},
    {"password",
     "$pbkdf2-sha512$1000$c2FsdA$r.bFUweFtsxrHGRTOEcxvV7kMu5Un9QvtmlXea2KHFv1neacSPd078QAfVKY."
     "QM8AkHVq2kwXntk7O642DTP7A"},
    {"password",
     "$scrypt$ln=10,r=8,p=16$TmFDbA$/bq+HJ00cgB4VucZDQHp/"
     "nxq18vII3gw53N2Y0s3MWIurzDZLiKjiG/xCSedmDDaxyevuUqD7m2DYMvfoswGQA"},
    {"password", "pbkdf2_sha256$1000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c="},
};

}  // namespace

TEST_CASE("P2, P5: PBKDF2 and scrypt of other systems verify, and nothing near them does") {
    for (const auto& k : known_good) {
        INFO(k.text);
        CHECK(foreign::parse(k.text));
        CHECK(foreign::verify(k.password, k.text));
        CHECK_FALSE(foreign::verify(std::string(k.password) + '\0', k.text));
        CHECK_FALSE(foreign::verify("", k.text));
        CHECK_FALSE(foreign::parse(std::string(k.text) + "$"));
        CHECK_FALSE(foreign::parse(std::string(k.text) + "$YQ"));
    }
}

TEST_CASE("P5: what would cost too much, or is none of the forms, is refused") {
    const std::string sum(22, 'A');
    for (const std::string& text : {std::string(),
                                    std::string("$pbkdf2-sha256$"),
                                    "$pbkdf2-sha256$2000001$c2FsdA$" + sum,
                                    "$pbkdf2-sha256$0$c2FsdA$" + sum,
                                    "$pbkdf2-sha256$01$c2FsdA$" + sum,
                                    "$pbkdf2-sha256$-1$c2FsdA$" + sum,
                                    "$pbkdf2-sha256$1$$" + sum,
                                    std::string("$pbkdf2-sha256$1$c2FsdA$"),
                                    "$pbkdf2-sha256$1$c2F!dA$" + sum,
                                    "$pbkdf2-md5$1$c2FsdA$" + sum,
                                    "pbkdf2_sha512$1$salt$" + sum,
                                    std::string("pbkdf2_sha256$1$salt$YQ=="),
                                    "$scrypt$ln=17,r=8,p=1$c2FsdA$" + sum,
                                    "$scrypt$ln=16,r=8,p=5$c2FsdA$" + sum,
                                    "$scrypt$ln=0,r=8,p=1$c2FsdA$" + sum,
                                    "$scrypt$r=8,ln=10,p=1$c2FsdA$" + sum,
                                    "$scrypt$ln=10,r=8,p=17$c2FsdA$" + sum,
                                    "$scrypt$ln=10,r=33,p=1$c2FsdA$" + sum,
                                    "$scrypt$ln=64,r=8,p=1$c2FsdA$" + sum,
                                    "$pbkdf2-sha256$1$c2FsdA$" + std::string(600, 'A')}) {
        INFO(text);
        CHECK_FALSE(foreign::parse(text));
        CHECK_FALSE(foreign::verify("p", text));
    }
}

TEST_CASE("P5: any text is read, and what is read is within the bounds") {
    CHECK(rc::check([] {
        auto text = std::string(known_good[*rc::gen::inRange(0, 5)].text);
        const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
        text[at] = *rc::gen::elementOf(std::string("$,=.0129aZ/+ "));
        const auto p = foreign::parse(text);
        if (!p) return;
        RC_ASSERT(p->iterations <= foreign::max_iterations);
        RC_ASSERT(128 * p->n * p->r <= foreign::max_scrypt_bytes);
        RC_ASSERT(!p->salt.empty());
        RC_ASSERT(foreign::price(*p).passes >= 1);
    }));
}
