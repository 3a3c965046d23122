// W1, W2: CBOR and COSE as authenticators write them and nothing else; ceremonies against vectors written by
// python3-fido2 and cryptography stand in integration/test_passkeys.py. Challenges know their purpose, person and age.
#include "auth/webauthn/cbor.hpp"
#include "auth/webauthn/ceremony.hpp"
#include "auth/webauthn/challenge.hpp"
#include "auth/webauthn/public_key.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace mita::auth;
using mita::uuid;
using namespace std::string_view_literals;

namespace {

bool passes(std::string_view bytes) {
    cbor::reader in(bytes);
    return in.skip() && in.done();
}

const relying_party rp{"mita.example", {"https://mita.example"}};

fault seen(std::string_view client) { return read_client_data(client, "webauthn.get", rp).wrong; }

}  // namespace

TEST_CASE("W1: integers of RFC 8949 appendix A, in their shortest spelling alone") {
    const std::pair<std::string_view, std::int64_t> good[] = {{"\x00"sv, 0},
                                                              {"\x17"sv, 23},
                                                              {"\x18\x18"sv, 24},
                                                              {"\x18\x64"sv, 100},
                                                              {"\x19\x03\xe8"sv, 1000},
                                                              {"\x1a\x00\x0f\x42\x40"sv, 1000000},
                                                              {"\x20"sv, -1},
                                                              {"\x29"sv, -10},
                                                              {"\x38\x63"sv, -100},
                                                              {"\x39\x03\xe7"sv, -1000},
                                                              {"\x39\x01\x00"sv, -257},
                                                              {"\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"sv, INT64_MAX}};
    for (const auto& [bytes, value] : good) {
        CAPTURE(value);
        cbor::reader in(bytes);
        CHECK(in.integer() == value);
        CHECK(in.done());
    }
    for (const auto bad :
         {""sv, "\x18\x17"sv, "\x19\x00\xff"sv, "\x1a\x00\x00\xff\xff"sv, "\x18"sv, "\x1c"sv, "\x1f"sv,
          "\x1b\x00\x00\x00\x00\xff\xff\xff\xff"sv, "\x1b\xff\xff\xff\xff\xff\xff\xff\xff"sv, "\x41g"sv}) {
        cbor::reader in(bad);
        CHECK_FALSE(in.integer());
        CHECK(in.rest() == bad);
    }
}

TEST_CASE("W1: strings and maps end where they say, and never beyond what is there") {
    cbor::reader in(
        "\xa1\x63"
        "fmt"
        "\x44"
        "none"sv);
    CHECK(in.map() == 1U);
    CHECK(in.text() == "fmt"sv);
    CHECK_FALSE(in.text());
    CHECK(in.bytes() == "none"sv);
    CHECK(in.done());
    for (const auto bad : {"\x45"
                           "four"sv,
                           "\x5b\xff\xff\xff\xff\xff\xff\xff\xff"
                           "x"sv,
                           "\x5f\x41g\xff"sv, "\xbb\xff\xff\xff\xff\xff\xff\xff\xff"sv,
                           "\x9b\xff\xff\xff\xff\xff\xff\xff\xff"sv, "\xa1\x01"sv, "\x81"sv, "\xc0\x00"sv, "\xff"sv})
        CHECK_FALSE(passes(bad));
    CHECK(passes("\x84\x01\xf5\xf6\xa1\x61g\x40"sv));
    CHECK(passes("\x81\x81\x81\x81\x01"sv));
    CHECK_FALSE(passes("\x81\x81\x81\x81\x81\x01"sv));  // nested too deeply
}

TEST_CASE("W1: nothing crashes on any bytes, and what is passed is a part of what was there") {
    CHECK(rc::check("any bytes", [](const std::string& bytes) {
        cbor::reader in(bytes);
        const bool good = in.skip();
        RC_ASSERT(in.rest().size() <= bytes.size());
        if (!good) RC_ASSERT(in.rest().size() == bytes.size());
        RC_ASSERT(judge_made("id", bytes, rp).wrong != fault::none);
        RC_ASSERT(judge_shown(bytes, bytes, bytes, bytes, rp, true).wrong != fault::none);
        RC_ASSERT(read_client_data(bytes, "webauthn.get", rp).wrong != fault::none);
    }));
}

TEST_CASE("W1: client data is of its ceremony and of one of our pages, not in a frame") {
    CHECK(seen(R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example"})") == fault::none);
    CHECK(
        seen(
            R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example","crossOrigin":false,"new":[1]})") ==
        fault::none);
    CHECK(seen(R"({"type":"webauthn.create","challenge":"x","origin":"https://mita.example"})") == fault::type);
    CHECK(seen(R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example."})") == fault::origin);
    CHECK(seen(R"({"type":"webauthn.get","challenge":"x","origin":"https://MITA.example"})") == fault::origin);
    CHECK(seen(R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example","crossOrigin":true})") ==
          fault::origin);
    CHECK(
        seen(
            R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example","topOrigin":"https://mita.example"})") ==
        fault::origin);
    for (const char* bad :
         {"", "null", "[]", "{}", R"({"type":"webauthn.get","challenge":"x"})",
          R"({"type":1,"challenge":"x","origin":"https://mita.example"})",
          R"({"type":"webauthn.get","type":"webauthn.get","challenge":"x","origin":"https://mita.example"})",
          R"({"type":"webauthn.get","challenge":"x","origin":"https://mita.example","crossOrigin":"false"})"})
        CHECK(seen(bad) == fault::client_data);
}

TEST_CASE("W2: a challenge is good for its purpose, its person and five minutes, and unchanged") {
    const passkey_challenges made(mita::secret(std::string(32, 'k'))), others(mita::secret(std::string(32, 'o')));
    const auto me = mita::new_uuid(), you = mita::new_uuid();
    const std::int64_t now = 1'800'000'000;
    const auto text = made.make(challenge_for::making, me, now);
    CHECK(text != made.make(challenge_for::making, me, now));
    CHECK(made.good(text, challenge_for::making, me, now));
    CHECK(made.good(text, challenge_for::making, me, now + 300));
    CHECK(made.good(text, challenge_for::making, me, now - 30));
    CHECK_FALSE(made.good(text, challenge_for::making, me, now + 301));
    CHECK_FALSE(made.good(text, challenge_for::making, me, now - 31));
    CHECK_FALSE(made.good(text, challenge_for::making, you, now));
    CHECK_FALSE(made.good(text, challenge_for::first_factor, me, now));
    CHECK_FALSE(made.good(text, challenge_for::second_factor, me, now));
    CHECK_FALSE(others.good(text, challenge_for::making, me, now));
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto bad = text;
        bad[i] = bad[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(made.good(bad, challenge_for::making, me, now));
    }
    CHECK_FALSE(made.good("", challenge_for::making, me, now));
    CHECK_FALSE(made.good(text + "A", challenge_for::making, me, now));
}
