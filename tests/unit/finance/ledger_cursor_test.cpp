#include "finance/cursor.hpp"

#include "core/error.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

using namespace mita;
using namespace mita::finance;

namespace {

const cursor_seal seal_a{secret("0123456789abcdef0123456789abcdef")};
const cursor_seal seal_b{secret("0123456789abcdef0123456789abcdeg")};

list_place a_place() { return {parse_day("2026-04-30").value(), new_uuid()}; }

std::string code_of(const cursor_seal& seal, std::string_view cursor, const uuid& user, std::string_view filter) {
    try {
        seal.open(cursor, user, filter);
    } catch (const api_error& e) {
        REQUIRE(e.status == 400);
        return e.code;
    }
    return "opened";
}

}  // namespace

TEST_CASE("a cursor opens for the person and the filter it was made for, on every day") {
    rc::check("round trip", [] {
        const list_place at{civil_day(std::chrono::days(*rc::gen::inRange(-100'000, 3'000'000))), new_uuid()};
        const auto user = new_uuid();
        const auto text = seal_a.seal(at, user, "category=groceries");
        RC_ASSERT(text.size() == 52u);
        RC_ASSERT(seal_a.open(text, user, "category=groceries") == at);
    });
}

TEST_CASE("a cursor of another person, filter or key is refused") {
    const auto user = new_uuid();
    const auto text = seal_a.seal(a_place(), user, "q=bus");
    CHECK(code_of(seal_a, text, user, "q=bus") == "opened");
    CHECK(code_of(seal_a, text, new_uuid(), "q=bus") == "invalid_cursor");
    CHECK(code_of(seal_a, text, user, "q=bu") == "invalid_cursor");
    CHECK(code_of(seal_a, text, user, "") == "invalid_cursor");
    CHECK(code_of(seal_b, text, user, "q=bus") == "invalid_cursor");
}

TEST_CASE("a cursor changed in any character, cut or longer is refused") {
    const auto user = new_uuid();
    const auto text = seal_a.seal(a_place(), user, "");
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        INFO("character " << i);
        CHECK(code_of(seal_a, changed, user, "") == "invalid_cursor");
        CHECK(code_of(seal_a, text.substr(0, i), user, "") == "invalid_cursor");
    }
    CHECK(code_of(seal_a, text + "AAAA", user, "") == "invalid_cursor");
    CHECK(code_of(seal_a, text + "=", user, "") == "invalid_cursor");
    CHECK(code_of(seal_a, "x", user, "") == "invalid_cursor");
}
