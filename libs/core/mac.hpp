// HMAC-SHA-256 (RFC 2104) over bytes that must not be made by others: refresh tokens, cursors. Pure; thread-safe.
#pragma once

#include "core/secret.hpp"

#include <string>
#include <string_view>

namespace mita {

// 32 raw bytes.
std::string hmac_sha256(const secret& key, std::string_view data);
// Equal in constant time for equal lengths.
bool same_bytes(std::string_view a, std::string_view b);

}  // namespace mita
