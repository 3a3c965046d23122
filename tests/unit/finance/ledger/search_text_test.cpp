#include "finance/ledger/search_text.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

using namespace mita::finance;

TEST_CASE("a search key has payee and note in one form, apart from each other") {
    CHECK(search_key_of("Caf\u00e9", "\u0391\u03b8\u03ae\u03bd\u03b1") == "cafe\n\u03b1\u03b8\u03b7\u03bd\u03b1");
    CHECK(search_key_of(std::nullopt, "x\ny") == "\nx y");
    CHECK(search_key_of("", std::nullopt) == "\n");
    CHECK_FALSE(search_key_of(std::nullopt, std::nullopt));
}

TEST_CASE("a pattern's characters stand for themselves, and it is indexed when a trigram is in it") {
    CHECK(pattern_of("50%_\\")->like == "%50\\%\\_\\\\%");
    CHECK_FALSE(pattern_of("50%_\\")->indexed);
    CHECK(pattern_of("CAF\u00c9")->like == "%cafe%");
    CHECK(pattern_of("cafe")->indexed);
    CHECK(pattern_of("\u03b1\u03b8\u03b7")->indexed);
    CHECK_FALSE(pattern_of("ab-cd")->indexed);
    CHECK_FALSE(pattern_of("ab")->indexed);
    CHECK_FALSE(pattern_of(" \u0301\u200b"));
}
