// The signing keys of this process: which one signs, what the JWKS says. One snapshot, swapped whole; read by any
// thread. Keys live in the database (sealed), so every replica has the same; the first start makes the first key.
#pragma once

#include "auth/keys/vault.hpp"
#include "db/pool.hpp"
#include "jwt/keys.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace mita::auth {

struct key_snapshot {
    jwt::signing_key signer;  // the active key
    jwt::key_set verifiers;   // next, active and retiring
    std::string jwks, etag;
};

class key_ring {
public:
    key_ring(const vault& keys, jwt::algorithm algorithm) : vault_(keys), algorithm_(algorithm) {}

    // Loads the keys, making the first one when there is none. Throws db::error, std::runtime_error when a key does not
    // open with this MITA_AUTH_SECRET.
    awaitable<void> load(db::pool& db, deadline d);
    std::shared_ptr<const key_snapshot> now() const;  // null until loaded

private:
    const vault& vault_;
    jwt::algorithm algorithm_;
    mutable std::mutex mutex_;
    std::shared_ptr<const key_snapshot> snapshot_;
};

}  // namespace mita::auth
