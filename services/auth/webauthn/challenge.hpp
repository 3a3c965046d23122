// Challenges of passkeys: random, made here and known again by a MAC, so that asking for one costs no row and no
// instance has to be asked twice. Each is for one purpose, one person or nobody yet, and five minutes; that it is used
// once is passkey_store's to hold. Used by handlers. Thread-safe.
#pragma once

#include "core/ids.hpp"
#include "core/secret.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::auth {

enum class challenge_for : char { making = 'm', first_factor = 'f', second_factor = 's' };

class passkey_challenges {
public:
    static constexpr std::chrono::seconds lifetime{300};
    explicit passkey_challenges(secret key) : key_(std::move(key)) {}

    // Base64url text. whom: nil for a first factor.
    std::string make(challenge_for what, const uuid& whom, std::int64_t unix_seconds) const;
    // Is it one of ours, for this, and not over? Constant-time compare.
    bool good(std::string_view text, challenge_for what, const uuid& whom, std::int64_t unix_seconds) const;

private:
    std::string mac_of(std::string_view body, challenge_for what, const uuid& whom) const;
    secret key_;
};

}  // namespace mita::auth
