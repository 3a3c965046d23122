// The audit trail in the database: SQL of audit_events. Used by audit_trail, which writes, and by handlers, which read.
#pragma once

#include "auth/audit/audit_event.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace mita::auth {

class audit_store {
public:
    explicit audit_store(db::pool& db) : db_(db) {}
    // All in one statement; those that are there already stay as they are.
    awaitable<void> add(std::span<const audit_event> events, deadline d);
    // What concerns a person, the newest first, those older than `before`; at most `limit`.
    awaitable<std::vector<audit_event>> list(uuid subject, std::optional<uuid> before, int limit, deadline d);
    // Deletes what is older than `kept` (30 days and more), at most `at_most`; how many.
    awaitable<std::int64_t> prune(std::chrono::hours kept, unsigned at_most, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
