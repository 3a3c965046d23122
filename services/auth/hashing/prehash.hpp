// Keyed prehash: base64(HMAC-SHA-384(pepper, password)), 64 characters, so that bcrypt's 72-byte and NUL limits never
// matter and a stolen table cannot be attacked without the pepper. Used by password_hasher. Thread-safe once built.
#pragma once

#include "core/secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace mita::hashing {

class pepper_ring {
public:
    // Throws std::invalid_argument: malformed or repeated id, key under 32 bytes.
    void add(std::string id, secret key);
    bool contains(std::string_view id) const;

    // nullopt: unknown id (a configuration error: the table was written with a pepper this process has not).
    std::optional<secret> prehash(std::string_view id, std::string_view password) const;

private:
    std::map<std::string, secret, std::less<>> keys_;
};

}  // namespace mita::hashing
