#include "core/base64url.hpp"

#include <array>
#include <cstdint>

namespace mita::base64url {

namespace {

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t wrong = 0xff;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> t{};
    t.fill(wrong);
    for (std::size_t i = 0; i < digits.size(); ++i)
        t[static_cast<unsigned char>(digits[i])] = static_cast<std::uint8_t>(i);
    return t;
}();

}  // namespace

std::optional<std::size_t> decode(std::string_view text, std::span<unsigned char> out) {
    const std::size_t tail = text.size() % 4;
    const std::size_t size = decoded_size(text.size());
    if (tail == 1 || size > out.size()) return std::nullopt;
    std::uint8_t any = 0;  // the high bit gathers wrong characters
    std::size_t to = 0;
    const auto value = [&](std::size_t i) -> std::uint32_t {
        const std::uint8_t v = values[static_cast<unsigned char>(text[i])];
        any |= v;
        return v & 63u;
    };
    std::size_t i = 0;
    for (; i + 4 <= text.size(); i += 4) {
        const std::uint32_t word = value(i) << 18 | value(i + 1) << 12 | value(i + 2) << 6 | value(i + 3);
        out[to++] = static_cast<unsigned char>(word >> 16);
        out[to++] = static_cast<unsigned char>(word >> 8);
        out[to++] = static_cast<unsigned char>(word);
    }
    std::uint32_t left = 0;  // trailing bits, zero in the one right spelling
    if (tail == 2) {
        const std::uint32_t word = value(i) << 6 | value(i + 1);
        out[to++] = static_cast<unsigned char>(word >> 4);
        left = word & 15;
    } else if (tail == 3) {
        const std::uint32_t word = value(i) << 12 | value(i + 1) << 6 | value(i + 2);
        out[to++] = static_cast<unsigned char>(word >> 10);
        out[to++] = static_cast<unsigned char>(word >> 2);
        left = word & 3;
    }
    if ((any & 0x80) != 0 || left != 0) return std::nullopt;
    return to;
}

std::optional<std::string> decode(std::string_view text) {
    std::string out(decoded_size(text.size()), '\0');
    const auto size = decode(text, std::span(reinterpret_cast<unsigned char*>(out.data()), out.size()));
    if (!size) return std::nullopt;
    return out;
}

void append(std::string& out, std::string_view bytes) {
    const auto byte = [&](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        for (int shift = 18; shift >= 0; shift -= 6) out.push_back(digits[word >> shift & 63]);
    }
    if (bytes.size() - i == 1) {
        out.push_back(digits[byte(i) >> 2]);
        out.push_back(digits[byte(i) << 4 & 63]);
    } else if (bytes.size() - i == 2) {
        const std::uint32_t word = byte(i) << 8 | byte(i + 1);
        out.push_back(digits[word >> 10 & 63]);
        out.push_back(digits[word >> 4 & 63]);
        out.push_back(digits[word << 2 & 63]);
    }
}

std::string encode(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    append(out, bytes);
    return out;
}

}  // namespace mita::base64url
