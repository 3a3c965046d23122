// Signing keys at rest: SQL of signing_keys. Used by key_ring, by the job that renews keys and by the commands `keys
// …`. moved: what tests moved the database's clock by (judging_clock_store.hpp).
#pragma once

#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

struct stored_key {
    std::string kid, algorithm, state, public_jwk;
    std::string private_key;  // sealed
    std::int64_t age_s = 0;   // in its state
};

enum class rotated { done, none, young };

class key_store {
public:
    explicit key_store(db::pool& db) : db_(db) {}
    // Those that are not revoked, the oldest first.
    awaitable<std::vector<stored_key>> load(std::int64_t moved, deadline d);
    awaitable<std::vector<stored_key>> load_all(std::int64_t moved, deadline d);
    // Inserts an active key unless there is one already; a next one likewise, and has everybody read the JWKS.
    awaitable<bool> insert_first(stored_key k, std::int64_t moved, deadline d);
    awaitable<bool> insert_next(stored_key k, std::int64_t moved, deadline d);

    awaitable<rotated> rotate(std::chrono::seconds published, std::int64_t moved, deadline d);
    awaitable<int> retire(std::chrono::seconds tokens_live, std::int64_t moved, deadline d);
    // `instead` steps in when the active one goes and there is no next. False: no such living key.
    awaitable<bool> revoke(std::string kid, stored_key instead, std::chrono::seconds tokens_live, std::int64_t moved,
                           deadline d);
    // Compare-and-swap on the sealed bytes.
    awaitable<bool> replace_sealed(std::string kid, std::string was, std::string now, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
