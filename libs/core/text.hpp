// Text that people type, made comparable whatever keyboard it came from: names, addresses, passwords, what is searched
// for. Unicode by ICU, whose headers stay in text.cpp; ASCII, which is nearly all, never gets there. Used by auth and
// finance. Pure; input is UTF-8, and what is broken is replaced by U+FFFD unless a contract says otherwise.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mita::text {

// Canonical composition (NFC, UAX 15): e and a combining accent become the accented letter. nullopt: not UTF-8.
std::optional<std::string> nfc(std::string_view s);

// A character that shows nothing or turns what stands beside it: controls (line and paragraph separators too), format
// and bidi characters, Default_Ignorable_Code_Point, what only looks blank (U+2800, U+3164 ...), private use,
// surrogates, noncharacters. White space (Zs) shows. An unassigned code point shows: it is the emoji of a year that
// this ICU has not heard of.
bool is_hidden(char32_t c);
// For names: something in it is_hidden(), or it is not UTF-8. What writing needs is let through where it is needed, and
// fold() ignores it: joiners inside Arabic and Indic words, the joiner and the presentation selector of emoji.
bool has_hidden(std::string_view s);

// What names are compared by: NFKC_Casefold (case, width, composition, ligatures; ignorable characters go), white space
// of every kind collapsed to one space and trimmed. fold(fold(s)) == fold(s).
std::string fold(std::string_view s);

// What a search compares: fold() without accents and vowel points, strokes and ligatures spelled out: "Ærø Café" is
// "aero cafe", composed or not. Marks that make another letter (Indic, Thai, kana) stay.
std::string search_key(std::string_view s);

}  // namespace mita::text
