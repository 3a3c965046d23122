// The public key of a passkey: a COSE_Key (RFC 9052, 9053) of ES256, EdDSA (Ed25519) or RS256, judged as strictly as a
// key of ours (on the curve, of full order, 2048 bits). Used by ceremony. Thread-safe.
#pragma once

#include "jwt/keys.hpp"

#include <optional>
#include <string_view>

namespace mita::auth {

class passkey_key {
public:
    // nullopt: malformed, of another algorithm, or not acceptable. `rest`: what stands behind it.
    static std::optional<passkey_key> read(std::string_view cose, std::string_view& rest);
    static std::optional<passkey_key> read(std::string_view cose);  // nothing behind it

    // A signature as WebAuthn has it (6.5.5): DER for ES256. False for any malformed one.
    bool signed_this(std::string_view input, std::string_view signature) const;
    jwt::algorithm algorithm() const;

private:
    explicit passkey_key(jwt::key_set one) : one_(std::move(one)) {}
    const jwt::public_key& key() const;
    jwt::key_set one_;
};

}  // namespace mita::auth
