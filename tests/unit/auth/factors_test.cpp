// M1: codes by time against the vectors of RFC 6238 and RFC 4226. M4: recovery codes. Base32 against RFC 4648.
#include "auth/factors/base32.hpp"
#include "auth/factors/recovery_code.hpp"
#include "auth/factors/totp.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <cctype>
#include <set>
#include <string>

using namespace mita::auth;

namespace {

const std::string key = "12345678901234567890";  // of both RFCs

}  // namespace

TEST_CASE("M1: codes are those of RFC 6238 appendix B, their last six digits, and of RFC 4226 appendix D") {
    const std::pair<std::int64_t, const char*> by_time[] = {{59, "287082"},         {1111111109, "081804"},
                                                            {1111111111, "050471"}, {1234567890, "005924"},
                                                            {2000000000, "279037"}, {20000000000, "353130"}};
    for (const auto& [at, code] : by_time) CHECK(totp_code(key, at / 30) == code);
    const char* by_counter[] = {"755224", "287082", "359152", "969429", "338314",
                                "254676", "287922", "162583", "399871", "520489"};
    for (int n = 0; n < 10; ++n) CHECK(totp_code(key, n) == by_counter[n]);
}

TEST_CASE("M1: a code of the step before, of this one and of the next is taken, none of others") {
    const std::int64_t now = 2'000'000'015, step = now / 30;
    for (std::int64_t d = -4; d <= 4; ++d) {
        CAPTURE(d);
        const auto found = totp_step(key, totp_code(key, step + d), now, 0);
        CHECK(found.has_value() == (d >= -1 && d <= 1));
        if (found) CHECK(*found == step + d);
    }
    CHECK_FALSE(totp_step(key, "", now, 0));
    CHECK_FALSE(totp_step(key, totp_code(key, step).substr(1), now, 0));
    CHECK_FALSE(totp_step("another key of 20 byt", totp_code(key, step), now, 0));
}

TEST_CASE("M1: a step that was used, and each before it, is used up") {
    CHECK(rc::check("each step once, in order", [] {
        const auto now = *rc::gen::inRange<std::int64_t>(100'000, 4'000'000'000);
        const auto step = now / 30;
        const auto d = *rc::gen::inRange<std::int64_t>(-1, 2);
        const auto last = step + *rc::gen::inRange<std::int64_t>(-3, 4);
        const auto found = totp_step(key, totp_code(key, step + d), now, last);
        // Two of three codes may be the same text, once in a million times: then the one that is good still counts.
        if (step + d > last) RC_ASSERT(found.has_value());
        if (found) RC_ASSERT(*found > last);
    }));
}

TEST_CASE("M2: what authenticators read names the service and the person, escaped") {
    CHECK(totp_uri(key, "a+b@example.org") ==
          "otpauth://totp/MITA:a%2Bb%40example.org?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=MITA&algorithm=SHA1"
          "&digits=6&period=30");
    CHECK(new_totp_secret().view().size() == 20);
    CHECK_FALSE(new_totp_secret() == new_totp_secret());
}

TEST_CASE("M4: ten codes, all different; each reads back as its hash, however it is written") {
    const auto set = new_recovery_codes();
    REQUIRE(set.codes.size() == 10);
    CHECK(std::set<std::string>(set.codes.begin(), set.codes.end()).size() == 10);
    for (const auto& code : set.codes) {
        std::string other;
        for (const char c : code) other += c == '-' ? ' ' : static_cast<char>(std::toupper(c));
        const auto hash = hash_of_recovery_code(code);
        REQUIRE(hash);
        CHECK(hash->size() == 32);
        CHECK(hash_of_recovery_code(other) == hash);
    }
    for (const char* none : {"", "-", "abcd-efgh", "abcd-efgh-ijkl-mnop-qrst-uv2", "abcd-efgh-ijkl-mnop-qrst-uv234",
                             "abcd-efgh-ijkl-mnop-qrst-uv21", "abcd_efgh_ijkl_mnop_qrst_uv23"})
        CHECK_FALSE(hash_of_recovery_code(none));
}

TEST_CASE("base32: the vectors of RFC 4648 without padding; one value has one spelling but for its case") {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "MY"},
                                                           {"fo", "MZXQ"},
                                                           {"foo", "MZXW6"},
                                                           {"foob", "MZXW6YQ"},
                                                           {"fooba", "MZXW6YTB"},
                                                           {"foobar", "MZXW6YTBOI"}};
    for (const auto& [raw, text] : vectors) {
        CHECK(base32::encode(raw) == text);
        CHECK(base32::decode(text) == raw);
    }
    for (const char* bad : {"M", "MZX", "MZXW6Y", "MZ", "MY======", "M1", "MZXW6YTBO"}) {
        CAPTURE(bad);
        CHECK_FALSE(base32::decode(bad));
    }
    const auto there_and_back = [](const std::string& raw) { RC_ASSERT(base32::decode(base32::encode(raw)) == raw); };
    CHECK(rc::check("round trip", there_and_back));
}
