// What auth derives from MITA_AUTH_SECRET, each key for one purpose (HKDF-SHA-256, RFC 5869): refresh MACs, the
// encryption of private keys at rest, the pepper of passwords, cursors. Used by sessions, key_ring and app.
// Thread-safe.
#pragma once

#include "core/config.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

class vault {
public:
    explicit vault(secret master);
    // `sealing` encrypts at rest in the master's place; what `former` (may be empty) sealed still opens.
    vault(secret master, secret sealing, secret former);

    // 32 bytes bound to `purpose` and `context`.
    secret derive(std::string_view purpose, std::string_view context = {}) const;
    // AES-256-GCM: nonce | ciphertext | tag; `bound` is authenticated with it. open: nullopt when it was not sealed so.
    std::string seal(std::string_view plain, std::string_view bound) const;
    std::optional<secret> open(std::string_view sealed, std::string_view bound) const;

private:
    static secret derive_from(const secret& from, std::string_view purpose, std::string_view context);
    static std::optional<secret> open_with(const secret& from, std::string_view sealed, std::string_view bound);
    secret master_, sealing_, former_;
};

}  // namespace mita::auth
