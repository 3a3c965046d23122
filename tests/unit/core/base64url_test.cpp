#include "core/base64url.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

using namespace mita;

TEST_CASE("T6: base64url is read strictly and round-trips") {
    CHECK(rc::check([](const std::string& bytes) {
        const auto text = base64url::encode(bytes);
        const auto back = base64url::decode(text);
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == bytes);
        RC_ASSERT(!base64url::decode(text + "="));
    }));
    CHECK(base64url::encode("\x14\xfb\x9c\x03\xd9\x7e") == "FPucA9l-");  // RFC 4648 section 9 (base64: FPucA9l+)
    for (const char* wrong :
         {"A", "AAAAA", "AA==", "AA=", "A A", "AAA\n", "A+AA", "A/AA", "AB", "AAB", "A?AA", "AA\xc3\xa9", "A.AA"}) {
        INFO(wrong);
        CHECK_FALSE(base64url::decode(wrong));
    }
    CHECK_FALSE(base64url::decode(std::string_view("AA\0A", 4)));
    for (const char* right : {"", "AA", "AAA", "AAAA", "_-8"}) CHECK(base64url::decode(right));
}
