// The signing keys of this process: which one signs, what the JWKS says. One snapshot, swapped whole; read by any
// thread. Keys live in the database (sealed), so every replica has the same; the first start makes the first key.
#pragma once

#include "auth/keys/key_store.hpp"
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
    std::string states;  // what it was made of: another text, another set
};

// The signing keys in the database were sealed with another secret.
struct wrong_secret : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// A new key, sealed, not stored yet.
stored_key make_key(const vault& keys, jwt::algorithm algorithm);

class key_ring {
public:
    key_ring(const vault& keys, jwt::algorithm algorithm) : vault_(keys), algorithm_(algorithm) {}

    // Loads the keys, making the first one when there is none; true when they are others than before. Throws db::error,
    // wrong_secret when the active key does not open.
    awaitable<bool> load(db::pool& db, std::int64_t moved, deadline d);
    std::shared_ptr<const key_snapshot> now() const;      // null until loaded
    jwt::algorithm wanted() const { return algorithm_; }  // of keys that are made, which may not be the active one's

private:
    const vault& vault_;
    jwt::algorithm algorithm_;
    mutable std::mutex mutex_;
    std::shared_ptr<const key_snapshot> snapshot_;
};

}  // namespace mita::auth
