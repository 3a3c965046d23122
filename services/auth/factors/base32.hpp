// Base32 (RFC 4648 6) without padding: how people and authenticators are shown secrets. Read in either case. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth::base32 {

std::string encode(std::string_view bytes);  // A-Z2-7
// nullopt: another character, a length that no bytes have, or trailing bits that are not zero.
std::optional<std::string> decode(std::string_view text);

}  // namespace mita::auth::base32
