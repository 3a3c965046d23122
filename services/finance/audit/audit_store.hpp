// The SQL of `mita-finance audit`: stored sums against what they are sums of, recomputed by the database in one
// statement a law, so each of one state, whatever is written meanwhile. Used by audit_command.
#pragma once

#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mita::finance {

// One difference between what is stored and what it must be.
struct difference {
    std::string law;  // L2, L3, L4, L5, T1, account, tags, payee, feed
    uuid user;
    std::string what;  // "day=2026-04-02 category=groceries: stored ..., recomputed ..."
};

// Throws db::error, deadline_exceeded.
class audit_store {
public:
    explicit audit_store(db::pool& db) : db_(db) {}

    awaitable<std::int64_t> people(deadline d);
    // The next people by id, at most `most`; empty: no more.
    awaitable<std::vector<uuid>> after(const uuid& last, int most, deadline d);
    // Of these people, at most a thousand of each law.
    awaitable<std::vector<difference>> differences(const std::vector<uuid>& people, deadline d);
    // L2, L4 and L5: the person's sums as their entries have them, in one database transaction under the person's lock.
    awaitable<void> repair_sums(const uuid& user, wall::time_point when, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
