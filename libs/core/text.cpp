#include "core/text.hpp"

#include "core/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace mita::text {

namespace {

using factory = const icu::Normalizer2* (*)(UErrorCode&);

bool ascii(std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append(std::string& out, char32_t c) {
    std::array<char, U8_MAX_LENGTH> bytes{};
    std::size_t n = 0;
    U8_APPEND_UNSAFE(bytes.data(), n, static_cast<UChar32>(c));
    out.append(bytes.data(), n);
}

std::string whole(std::string_view s) { return utf8::length(s) ? std::string(s) : utf8::repaired(s, s.size()); }

std::string normalized(std::string_view s, factory form) {
    UErrorCode fault = U_ZERO_ERROR;
    const auto* by = form(fault);
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    if (U_SUCCESS(fault))
        by->normalizeUTF8(0, icu::StringPiece(s.data(), static_cast<std::int32_t>(s.size())), sink, nullptr, fault);
    if (U_FAILURE(fault)) throw std::runtime_error("ICU: a normal form cannot be made");
    return out;
}

bool white(char32_t c) { return u_isUWhiteSpace(static_cast<UChar32>(c)) != 0; }

// White space at the ends goes, inside each run of it becomes one space.
std::string collapsed(std::string_view s) {
    std::string out;
    bool gap = false;
    for (std::size_t at = 0; at < s.size();) {
        const char32_t c = utf8::next(s, at);
        if (white(c)) {
            gap = !out.empty();
            continue;
        }
        if (std::exchange(gap, false)) out += ' ';
        append(out, c);
    }
    return out;
}

bool pictograph(char32_t c) { return u_hasBinaryProperty(static_cast<UChar32>(c), UCHAR_EXTENDED_PICTOGRAPHIC) != 0; }

// Scripts whose words need U+200C and U+200D (UAX 31, 2.3).
bool joins(char32_t c) {
    const auto i = static_cast<UChar32>(c);
    if (u_getIntPropertyValue(i, UCHAR_JOINING_TYPE) == U_JT_DUAL_JOINING) return true;
    return u_getIntPropertyValue(i, UCHAR_CANONICAL_COMBINING_CLASS) == 9;  // a virama
}

// `c`, which is_hidden(), belongs after `before` and ahead of `after` (0: an end of the text).
bool in_its_place(char32_t before, char32_t c, char32_t after) {
    constexpr char32_t joiner = 0x200d, non_joiner = 0x200c, as_emoji = 0xfe0f, skin_from = 0x1f3fb, skin_to = 0x1f3ff;
    if (c == as_emoji) return pictograph(before);
    if (c != joiner && c != non_joiner) return false;
    if (joins(before)) return after != 0 && u_isalpha(static_cast<UChar32>(after)) != 0;
    const bool shown = pictograph(before) || before == as_emoji || (before >= skin_from && before <= skin_to);
    return c == joiner && shown && pictograph(after);
}

// An accent or a vowel point: above, below, across and attached marks, Hebrew and Arabic points. Marks of other classes
// (nukta, kana voicing, virama, Thai and Tibetan vowels) and of none make another letter.
bool accent(char32_t c) {
    const auto i = static_cast<UChar32>(c);
    if (u_charType(i) != U_NON_SPACING_MARK) return false;
    const int order = u_getCombiningClass(i);
    return order == 1 || (order >= 10 && order <= 36) || order >= 200;
}

struct spelling {
    char32_t letter;
    std::string_view out;
};
// Letters that do not decompose, after case folding.
constexpr std::array<spelling, 16> spelled{{{0xe6, "ae"},
                                            {0xf0, "d"},
                                            {0xf8, "o"},
                                            {0xfe, "th"},
                                            {0x111, "d"},
                                            {0x127, "h"},
                                            {0x131, "i"},
                                            {0x138, "k"},
                                            {0x142, "l"},
                                            {0x14b, "n"},
                                            {0x153, "oe"},
                                            {0x167, "t"},
                                            {0x180, "b"},
                                            {0x1e5, "g"},
                                            {0x268, "i"},
                                            {0x289, "u"}}};

std::string_view spelled_out(char32_t c) {
    const auto found = std::find_if(spelled.begin(), spelled.end(), [c](const spelling& s) { return s.letter == c; });
    return found == spelled.end() ? std::string_view() : found->out;
}

}  // namespace

std::optional<std::string> nfc(std::string_view s) {
    if (!utf8::length(s)) return std::nullopt;
    return ascii(s) ? std::string(s) : normalized(s, &icu::Normalizer2::getNFCInstance);
}

bool is_hidden(char32_t c) {
    constexpr std::uint32_t unseen =
        U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK | U_GC_CS_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK;
    // Drawn as nothing although their properties do not say so: Braille blank, null notehead, a Khitan filler.
    if (c == 0x2800 || c == 0x1d159 || c == 0x16fe4) return true;
    const auto i = static_cast<UChar32>(c);
    return c > 0x10ffff || U_IS_UNICODE_NONCHAR(i) || (U_GET_GC_MASK(i) & unseen) != 0 ||
           u_hasBinaryProperty(i, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) != 0;
}

bool has_hidden(std::string_view s) {
    char32_t before = 0;
    for (std::size_t at = 0; at < s.size();) {
        const char32_t c = utf8::next(s, at);
        if (c == utf8::invalid) return true;
        if (is_hidden(c)) {
            std::size_t ahead = at;
            const char32_t after = at < s.size() ? utf8::next(s, ahead) : 0;
            if (after == utf8::invalid || !in_its_place(before, c, after)) return true;
        }
        before = c;
    }
    return false;
}

std::string fold(std::string_view s) {
    if (!ascii(s)) {
        // Decomposed first: the order of marks must not matter (Unicode D147).
        const auto apart = normalized(whole(s), &icu::Normalizer2::getNFDInstance);
        return collapsed(normalized(apart, &icu::Normalizer2::getNFKCCasefoldInstance));
    }
    std::string out = collapsed(s);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return out;
}

std::string search_key(std::string_view s) {
    std::string folded = fold(s);
    if (ascii(folded)) return folded;
    const std::string apart = normalized(folded, &icu::Normalizer2::getNFDInstance);
    std::string bare;
    for (std::size_t at = 0; at < apart.size();) {
        const char32_t c = utf8::next(apart, at);
        if (accent(c)) continue;
        const auto out = spelled_out(c);
        if (out.empty())
            append(bare, c);
        else
            bare += out;
    }
    return collapsed(normalized(bare, &icu::Normalizer2::getNFCInstance));
}

}  // namespace mita::text
