// The revocation feed's source, and the signing keys: SQL of revocations and signing_keys.
#pragma once

#include "db/pool.hpp"
#include "jwt/revocations.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mita::auth {

class revocation_store {
public:
    explicit revocation_store(db::pool& db) : db_(db) {}
    struct page {
        std::vector<jwt::revocation> entries;
        std::int64_t sequence = 0;  // everything up to here is in `entries` or expired
    };
    // All entries after `after` that some token may still need.
    awaitable<page> after(std::int64_t after, deadline d);
    awaitable<std::int64_t> prune(deadline d);

private:
    db::pool& db_;
};

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
