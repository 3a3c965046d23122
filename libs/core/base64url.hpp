// base64url without padding (RFC 4648 5, RFC 7515 2), read strictly (T6): no '=', no white space, no '+' or '/', no
// length of 4n+1, no non-zero trailing bits, so that one value has one spelling. Used for tokens, JWKs and cursors.
// Pure, no allocation on the reading side.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mita::base64url {

// Bytes that `encoded` characters decode to.
constexpr std::size_t decoded_size(std::size_t encoded) {
    return encoded / 4 * 3 + (encoded % 4 == 0 ? 0 : encoded % 4 - 1);
}

// Into the front of `out`; the number of bytes, or nullopt when the text is not strict or does not fit.
std::optional<std::size_t> decode(std::string_view text, std::span<unsigned char> out);
std::optional<std::string> decode(std::string_view text);
std::string encode(std::string_view bytes);
void append(std::string& out, std::string_view bytes);

}  // namespace mita::base64url
