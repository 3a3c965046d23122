#include "db/params.hpp"

#include <catch2/catch.hpp>

using namespace mita;
using namespace std::chrono;

namespace {

template <class T>
std::string text_of(const T& v) {
    const auto p = db::params::of(v);
    REQUIRE(p.count() == 1);
    REQUIRE(p.value(0) != nullptr);
    return p.value(0);
}

}  // namespace

TEST_CASE("parameters are encoded as the text PostgreSQL reads") {
    CHECK(text_of(true) == "t");
    CHECK(text_of(false) == "f");
    CHECK(text_of(std::int64_t{-9223372036854775807 - 1}) == "-9223372036854775808");
    CHECK(text_of(42u) == "42");
    CHECK(text_of("plain") == "plain");
    CHECK(text_of(std::string()) == "");
    CHECK(text_of(std::string_view("view")) == "view");
    CHECK(text_of(*uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057")) == "01890a5d-ac96-774b-bcce-b302099a8057");
    CHECK(text_of(wall::time_point(microseconds(1))) == "1970-01-01T00:00:00.000001Z");
    CHECK(text_of(db::bytes{std::string_view("\0\x7f\xff", 3)}) == "\\x007fff");
    CHECK(text_of(db::bytes{""}) == "\\x");
}

TEST_CASE("dates are written in ISO form, before our era with BC") {
    CHECK(text_of(year(2026) / 2 / 28) == "2026-02-28");
    CHECK(text_of(year(1) / 1 / 1) == "0001-01-01");
    CHECK(text_of(year(0) / 12 / 31) == "0001-12-31 BC");
    CHECK(text_of(year(-43) / 3 / 15) == "0044-03-15 BC");
    CHECK_THROWS_AS(db::params::of(year(2026) / 2 / 30), std::invalid_argument);
}

TEST_CASE("arrays are written as literals with every element of text quoted") {
    CHECK(text_of(std::vector<std::int64_t>{}) == "{}");
    CHECK(text_of(std::vector<std::int64_t>{1, -2, 3}) == "{1,-2,3}");
    CHECK(text_of(std::vector<std::string>{"a,b", "say \"hi\"", "back\\slash", "", "NULL", "{}"}) ==
          R"({"a,b","say \"hi\"","back\\slash","","NULL","{}"})");
    CHECK(text_of(std::vector<year_month_day>{year(2026) / 1 / 2, year(0) / 1 / 1}) ==
          R"({"2026-01-02","0001-01-01 BC"})");
    CHECK(text_of(std::vector<uuid>{uuid{}}) == "{00000000-0000-0000-0000-000000000000}");
}

TEST_CASE("an absent value is NULL, in whatever spelling") {
    const auto p =
        db::params::of(nullptr, std::nullopt, std::optional<std::int64_t>(), std::optional<std::string>("x"));
    REQUIRE(p.count() == 4);
    CHECK(p.is_null(0));
    CHECK(p.is_null(1));
    CHECK(p.is_null(2));
    CHECK(p.value(2) == nullptr);
    CHECK(std::string(p.value(3)) == "x");
}

TEST_CASE("text with NUL inside is refused, since text columns cannot hold it") {
    CHECK_THROWS_AS(db::params::of(std::string_view("a\0b", 3)), std::invalid_argument);
    CHECK_THROWS_AS(db::params::of(std::vector<std::string>{std::string(1, '\0')}), std::invalid_argument);
}

TEST_CASE("parameters stay readable when the buffer grows and when they are moved") {
    auto p = db::params::of(std::string("first"), std::string(100'000, 'x'), 3);
    const auto q = std::move(p);
    CHECK(std::string(q.value(0)) == "first");
    CHECK(std::string(q.value(1)).size() == 100'000);
    CHECK(std::string(q.value(2)) == "3");
}
