// P0, and what finance compares names and searches by: one form for what people see as one text.
#include "core/text.hpp"

#include "core/utf8.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using mita::text::fold;
using mita::text::has_hidden;
using mita::text::is_hidden;
using mita::text::nfc;
using mita::text::search_key;

namespace {

using pairs = std::vector<std::pair<const char*, const char*>>;

// Letters, marks, spaces, joiners and what normal forms are famous for, from many scripts.
std::string some_text() {
    static const std::vector<std::string> parts{"a",
                                                "Z",
                                                " ",
                                                "\t",
                                                "\u00a0",
                                                "\u0301",
                                                "\u0308",
                                                "\u0323",
                                                "é",
                                                "ß",
                                                "ẞ",
                                                "İ",
                                                "ı",
                                                "ς",
                                                "Σ",
                                                "Й",
                                                "и\u0306",
                                                "한",
                                                "\u1112",
                                                "\u1161",
                                                "\u11ab",
                                                "が",
                                                "か\u3099",
                                                "ﾊ",
                                                "ﾟ",
                                                "ｱ",
                                                "Ａ",
                                                "ﬁ",
                                                "Å",
                                                "\u212b",
                                                "\u00a8",
                                                "\u00b4",
                                                "\u200b",
                                                "\u200d",
                                                "\u00ad",
                                                "\u034f",
                                                "\u2028",
                                                "\u0345",
                                                "ᾳ",
                                                "\u0390",
                                                "ꙋ",
                                                "\u0344",
                                                "\u2126",
                                                "ǆ",
                                                "ŉ",
                                                "ÿ",
                                                "क\u093c",
                                                "\u0930\u094d",
                                                "\u0e33",
                                                "\u0f73",
                                                "\u1e9b\u0323",
                                                "½",
                                                "①",
                                                "ﷺ",
                                                "𝐀",
                                                "🏽",
                                                "❤\ufe0f",
                                                "\u3000",
                                                "æ",
                                                "\u0958",
                                                "\u2adc",
                                                "\ufb1d",
                                                "\u037a",
                                                "\u00b5",
                                                "\u05d0\u05b8",
                                                "\u0628\u0651"};
    std::string out;
    const auto n = *rc::gen::inRange(0, 12);
    for (int i = 0; i < n; ++i) out += *rc::gen::elementOf(parts);
    return out;
}

}  // namespace

TEST_CASE("nfc: composes, leaves ASCII and NUL alone, says nothing about what is not UTF-8") {
    CHECK(nfc("e\u0301") == "é");
    CHECK(nfc("\u1112\u1161\u11ab") == "한");
    CHECK(nfc(std::string("a\0b", 3)) == std::string("a\0b", 3));
    for (const char* broken : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"}) {
        CAPTURE(broken);
        CHECK_FALSE(nfc(broken).has_value());
    }
}

TEST_CASE("fold: what people see as one name is one, in every script") {
    for (const auto& [a, b] : pairs{{"Кафе", "КАФЕ"},
                                    {"Café", "CAFE\u0301"},
                                    {"ΣΊΣΥΦΟΣ", "σίσυφος"},
                                    {"Straße", "STRASSE"},
                                    {"  a \t b ", "a\u00a0b"},
                                    {"a\u2003b", "a b"},
                                    {"ｃａｆｅ", "cafe"},
                                    {"ﬁne", "FINE"},
                                    {"a\u200bb", "ab"},
                                    {"❤\ufe0f", "❤"},
                                    {"ﾊﾟﾝ", "パン"},
                                    {"ՀԱՅ", "հայ"},
                                    {"Ა", "ა"},
                                    {"\u212b", "å"},
                                    {"Ἀ", "α\u0313"},
                                    {"Ⅷ", "viii"}}) {
        CAPTURE(a, b);
        CHECK(fold(a) == fold(b));
    }
    for (const auto& [a, b] : pairs{{"Café", "Cafe"}, {"ab", "a b"}, {"は", "ば"}, {"и", "й"}, {"a_b", "ab"}}) {
        CAPTURE(a, b);
        CHECK(fold(a) != fold(b));
    }
    for (const char* empty : {"", " ", "\u00a0\u3000\t\n", "\u200b\u00ad", "\u3164"}) CHECK(fold(empty).empty());
}

TEST_CASE("fold and search_key: once is enough, and broken bytes become what any broken bytes become") {
    CHECK(rc::check([] {
        const auto s = some_text();
        RC_ASSERT(fold(fold(s)) == fold(s));
        RC_ASSERT(search_key(search_key(s)) == search_key(s));
        RC_ASSERT(search_key(fold(s)) == search_key(s));
        const auto composed = nfc(s);
        RC_ASSERT(composed.has_value());
        RC_ASSERT(fold(*composed) == fold(s));
        RC_ASSERT(search_key(*composed) == search_key(s));
    }));
    CHECK(fold("A\xff") == "a\ufffd");
    CHECK(search_key("A\xff") == "a\ufffd");
}

TEST_CASE("search_key: accents, points, strokes and ligatures do not matter, letters of their own do") {
    for (const auto& [a, b] : pairs{{"Αθήνα", "αθηνα"},
                                    {"Café", "cafe"},
                                    {"CAFE\u0301", "cafe"},
                                    {"Straße", "strasse"},
                                    {"Ærøskøbing", "aeroskobing"},
                                    {"Łódź", "lodz"},
                                    {"Đorđe", "dorde"},
                                    {"naïve Œuvre", "naive oeuvre"},
                                    {"İSTANBUL", "istanbul"},
                                    {"Isparta", "ısparta"},
                                    {"Ёлка", "елка"},
                                    {"Việt Nam", "viet nam"},
                                    {"\u05e9\u05b8\u05dc\u05d5\u05b9\u05dd", "\u05e9\u05dc\u05d5\u05dd"},
                                    {"\u0645\u064f\u062d\u064e\u0645\u0651\u064e\u062f", "\u0645\u062d\u0645\u062f"}}) {
        CAPTURE(a, b);
        CHECK(search_key(a) == search_key(b));
    }
    for (const auto& [a, b] : pairs{{"は", "ば"}, {"कि", "क"}, {"ก\u0e38", "ก"}, {"한", "하"}, {"ab", "a b"}}) {
        CAPTURE(a, b);
        CHECK(search_key(a) != search_key(b));
    }
}

TEST_CASE("P0: what shows nothing or turns its neighbours is hidden") {
    for (const char32_t c :
         {U'\0',     U'\n',         U'\x7f',       U'\u0085',     U'\u00ad',     U'\u034f',     U'\u061c',    U'\u115f',
          U'\u1160', U'\u17b4',     U'\u180b',     U'\u180e',     U'\u200b',     U'\u200d',     U'\u200e',    U'\u200f',
          U'\u2028', U'\u2029',     U'\u202a',     U'\u202e',     U'\u2060',     U'\u2066',     U'\u2069',    U'\u206f',
          U'\u2800', U'\u3164',     U'\ufe00',     U'\ufe0f',     U'\ufeff',     U'\uffa0',     U'\ufff9',    U'\ufffe',
          U'\ue000', U'\U0001d159', U'\U0001d173', U'\U000e0041', U'\U000e0100', U'\U0010fffd', U'\U0010ffff'}) {
        CAPTURE(static_cast<std::uint32_t>(c));
        CHECK(is_hidden(c));
    }
    for (const char32_t c :
         {U'a', U' ', U'\u00a0', U'\u3000', U'é', U'\u0301', U'漢', U'🦆', U'\U0001fae9', U'\ufffd'}) {
        CAPTURE(static_cast<std::uint32_t>(c));
        CHECK_FALSE(is_hidden(c));
    }
}

TEST_CASE("P0: names hide nothing, but words and emoji keep the joiners they are written with") {
    for (const char* good : {"", "Ann Smith", "Кафе", "می\u200cخواهم", "ශ්\u200dරී", "क्\u200dष", "❤\ufe0f",
                             "👩\u200d👩\u200d👧", "👩🏽\u200d🚀", "❤\ufe0f\u200d🔥", "日本 語", "O’Brien"}) {
        CAPTURE(good);
        CHECK_FALSE(has_hidden(good));
    }
    for (const char* bad : {"Ann\u202eSmith", "Ann\u200bSmith", "Ann\u2028", "Ann\ufe0f", "1\ufe0f", "\ufe0f", "\u200d",
                            "a\u200db", "a\u200cb", "می\u200c", "❤\u200d", "❤\ufe0f\ufe0f", "👩\u200d\u200d👧", "a\nb",
                            "tab\t", "\u3164", "\u2800", "a\xff", "\xf0\x9f\x98"}) {
        CAPTURE(bad);
        CHECK(has_hidden(bad));
    }
}
