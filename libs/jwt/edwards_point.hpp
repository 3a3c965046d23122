// The one check of an Ed25519 public key that OpenSSL does not make: whether a point of the curve stands behind its 32
// bytes, and not one of small order, for which anyone can sign. Internal to libs/jwt: key_material uses it.
#pragma once

#include <string_view>

namespace mita::jwt::crypto {

// `encoded`: 32 bytes. The point of RFC 8032 5.1.3 with this y exists, y is canonical, and its order is not 1, 2, 4 or
// 8.
bool good_edwards_point(std::string_view encoded);

}  // namespace mita::jwt::crypto
