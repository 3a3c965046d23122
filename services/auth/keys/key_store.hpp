// Signing keys at rest: SQL of signing_keys. Used by key_ring, which seals and opens them.
#pragma once

#include "db/pool.hpp"

#include <string>
#include <vector>

namespace mita::auth {

struct stored_key {
    std::string kid, algorithm, state, public_jwk;
    std::string private_key;  // sealed
};

class key_store {
public:
    explicit key_store(db::pool& db) : db_(db) {}
    awaitable<std::vector<stored_key>> load(deadline d);
    // Inserts an active key unless there is one already.
    awaitable<bool> insert_first(stored_key k, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
