#include "auth/text.hpp"

#include "core/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mita::auth {

namespace {

bool ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append(std::string& out, UChar32 c) {
    std::array<char, U8_MAX_LENGTH> bytes{};
    std::size_t n = 0;
    U8_APPEND_UNSAFE(bytes.data(), n, c);
    out.append(bytes.data(), n);
}

}  // namespace

std::string composed(std::string_view text) {
    if (ascii(text)) return std::string(text);
    UErrorCode fault = U_ZERO_ERROR;
    const auto* nfc = icu::Normalizer2::getNFCInstance(fault);
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    if (U_SUCCESS(fault))
        nfc->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                           fault);
    if (U_FAILURE(fault)) throw std::runtime_error("ICU: no NFC");
    return out;
}

std::string folded(std::string_view text) {
    std::string out;
    if (ascii(text)) {
        out = text;
        for (char& c : out)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        return out;
    }
    const std::string whole = composed(text);
    for (std::size_t at = 0; at < whole.size();)
        append(out, u_foldCase(static_cast<UChar32>(utf8::next(whole, at)), U_FOLD_CASE_DEFAULT));
    return composed(out);
}

bool visible(std::string_view text) {
    constexpr std::uint32_t hidden = U_GC_Z_MASK | U_GC_C_MASK;
    for (std::size_t at = 0; at < text.size();) {
        const char32_t c = utf8::next(text, at);
        if (c == utf8::invalid || (U_GET_GC_MASK(static_cast<UChar32>(c)) & hidden) != 0) return false;
    }
    return true;
}

}  // namespace mita::auth
