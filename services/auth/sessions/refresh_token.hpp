// Refresh tokens: opaque text that holds a session id and a generation under a MAC (S1). No row per token: a database
// dump forges nothing, and the token of a generation can be made again, so that a retried refresh gets the same answer
// (S2). Form: "mrt_" + base64url(version 1 | session 16 | counter 8 | mac 16).
#pragma once

#include "auth/keys/vault.hpp"
#include "core/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct refresh_claim {
    uuid session;
    std::int64_t counter = 0;
};

class refresh_tokens {
public:
    explicit refresh_tokens(const vault& keys);
    std::string make(const refresh_claim& c) const;
    // nullopt: malformed or not ours. Constant-time compare; nothing is allocated for text of a wrong size.
    std::optional<refresh_claim> read(std::string_view text) const;

private:
    std::string mac_of(std::string_view body, const uuid& session) const;
    const vault& keys_;
};

}  // namespace mita::auth
