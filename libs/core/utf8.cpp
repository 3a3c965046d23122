#include "core/utf8.hpp"

#include <cstdint>

namespace mita::utf8 {

char32_t next(std::string_view text, std::size_t& at) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(at++);
    if (lead < 0x80) return lead;
    std::size_t more = 0;
    std::uint8_t low = 0x80;  // bounds of the second byte; the rest are 80..BF
    std::uint8_t high = 0xbf;
    char32_t c = 0;
    if (lead >= 0xc2 && lead <= 0xdf) {
        more = 1;
        c = lead & 0x1f;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        more = 2;
        c = lead & 0x0f;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        more = 3;
        c = lead & 0x07;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return invalid;
    }
    for (; more > 0; --more) {
        if (at == text.size() || byte(at) < low || byte(at) > high) return invalid;
        c = c << 6 | (byte(at++) & 0x3f);
        low = 0x80;
        high = 0xbf;
    }
    return c;
}

std::optional<std::size_t> length(std::string_view text) {
    std::size_t n = 0;
    for (std::size_t at = 0; at < text.size(); ++n)
        if (next(text, at) == invalid) return std::nullopt;
    return n;
}

std::string repaired(std::string_view text, std::size_t most) {
    std::string out;
    for (std::size_t at = 0; at < text.size() && most > 0; --most) {
        const std::size_t from = at;
        const bool whole = next(text, at) != invalid;
        out += whole ? text.substr(from, at - from) : std::string_view("\xEF\xBF\xBD");
    }
    return out;
}

}  // namespace mita::utf8
