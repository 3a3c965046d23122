// The signing keys of this process: which one signs, what the JWKS says. One snapshot, swapped whole; read by any
// thread. Keys live in the database (sealed), so every replica has the same; the first start makes the first key.
#pragma once

#include "auth/keys/vault.hpp"
#include "db/pool.hpp"
#include "jwt/keys.hpp"

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

namespace mita::auth {

struct key_snapshot {
    jwt::signing_key signer;  // the active key
    jwt::key_set verifiers;   // next, active and retiring
    std::string jwks, etag;
};

// The signing keys in the database were sealed with another MITA_AUTH_SECRET.
struct wrong_secret : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class key_ring {
public:
    key_ring(const vault& keys, jwt::algorithm algorithm) : vault_(keys), algorithm_(algorithm) {}

    // Loads the keys, making the first one when there is none. Throws db::error, wrong_secret when the active key
    // does not open.
    awaitable<void> load(db::pool& db, deadline d);
    std::shared_ptr<const key_snapshot> now() const;      // null until loaded
    jwt::algorithm wanted() const { return algorithm_; }  // of keys that are made, which may not be the active one's

private:
    const vault& vault_;
    jwt::algorithm algorithm_;
    mutable std::mutex mutex_;
    std::shared_ptr<const key_snapshot> snapshot_;
};

}  // namespace mita::auth
