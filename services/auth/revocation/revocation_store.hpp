// The revocation feed's source: SQL of revocations. Used by revocation_hub.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"
#include "jwt/revocations.hpp"

#include <chrono>
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
    // One token dies at once; the sequence.
    awaitable<std::int64_t> revoke_token(uuid jti, std::chrono::seconds tokens_live, deadline d);
    // Deletes what no token needs any more, the oldest `at_most` first; how many there were. Several instances may do
    // it at once.
    awaitable<std::int64_t> prune(unsigned at_most, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
