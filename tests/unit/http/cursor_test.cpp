#include "http/cursor.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

using namespace mita;
using namespace mita::http;

namespace {

const cursor_seal seal_a{secret("0123456789abcdef0123456789abcdef")};
const cursor_seal seal_b{secret("0123456789abcdef0123456789abcdeg")};
const uuid ana = new_uuid();
const uuid boris = new_uuid();

std::string code_of(const cursor_seal& seal, std::string_view cursor, std::string_view scope) {
    try {
        (void)seal.open(cursor, scope);
    } catch (const api_error& e) {
        REQUIRE(e.status == 400);
        return e.code;
    }
    return "opened";
}

}  // namespace

TEST_CASE("a cursor opens to the place it was made of, whatever its bytes") {
    CHECK(rc::check("round trip", [](const std::string& place, const std::string& filter) {
        const auto scope = cursor_scope("/v1/things", ana, filter);
        RC_ASSERT(seal_a.open(seal_a.seal(place, scope), scope) == place);
    }));
}

TEST_CASE("a cursor of another list, person, filter or key is refused") {
    const auto text = seal_a.seal("place", cursor_scope("/v1/things", ana, "q=bus"));
    CHECK(code_of(seal_a, text, cursor_scope("/v1/things", ana, "q=bus")) == "opened");
    CHECK(code_of(seal_a, text, cursor_scope("/v1/others", ana, "q=bus")) == "invalid_cursor");
    CHECK(code_of(seal_a, text, cursor_scope("/v1/things", boris, "q=bus")) == "invalid_cursor");
    CHECK(code_of(seal_a, text, cursor_scope("/v1/things", uuid{}, "q=bus")) == "invalid_cursor");
    CHECK(code_of(seal_a, text, cursor_scope("/v1/things", ana, "q=bu")) == "invalid_cursor");
    CHECK(code_of(seal_a, text, cursor_scope("/v1/things", ana)) == "invalid_cursor");
    CHECK(code_of(seal_b, text, cursor_scope("/v1/things", ana, "q=bus")) == "invalid_cursor");
}

TEST_CASE("bytes moved from the scope into the place make another cursor") {
    const auto mac = [](const std::string& cursor) { return cursor.substr(cursor.size() - 24); };  // 18 bytes
    CHECK(mac(seal_a.seal("ab?", "scope")) != mac(seal_a.seal("?", "scopeab")));
    CHECK(mac(seal_a.seal("1 x", "")) != mac(seal_a.seal("x", "1 ")));
}

TEST_CASE("a cursor changed in any character, cut or longer is refused") {
    const auto scope = cursor_scope("/v1/things", ana);
    for (const std::string place : {"", "p", "pl", "place", "a place of 20 bytes."}) {
        const auto text = seal_a.seal(place, scope);
        for (std::size_t i = 0; i < text.size(); ++i) {
            auto changed = text;
            changed[i] = changed[i] == 'A' ? 'B' : 'A';
            INFO("character " << i);
            CHECK(code_of(seal_a, changed, scope) == "invalid_cursor");
            CHECK(code_of(seal_a, text.substr(0, i), scope) == "invalid_cursor");
        }
        for (const auto* more : {"A", "AAAA", "="}) CHECK(code_of(seal_a, text + more, scope) == "invalid_cursor");
    }
    CHECK(code_of(seal_a, "", scope) == "invalid_cursor");
    CHECK(code_of(seal_a, "x", scope) == "invalid_cursor");
}
