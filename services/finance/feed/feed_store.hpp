// The SQL of GET /v1/changes: what changed after a place of a person's sequence, of every kind, in one statement and so
// of one state. Which write changed a thing is marked by the schema (007_feed.sql), so a write of any noun is in the
// feed without its store knowing. Used by handlers/changes.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/feed/feed_place.hpp"
#include "finance/ledger/transaction.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct feed_item {
    feed_place at;
    std::string object;              // the columns of its kind's list as a JSON array, but of a transaction
    std::vector<transaction> entry;  // it, of a transaction
    bool removed() const { return object.empty() && entry.empty(); }
};

struct feed_page {
    std::int64_t sequence = 0;      // the last write
    std::int64_t forgotten_to = 0;  // what was removed up to here is not told any more
    std::vector<feed_item> items;   // in order; one more than asked for when there is more
};

// Throws db::error, deadline_exceeded, overloaded.
class feed_store {
public:
    explicit feed_store(db::pool& db) : db_(db) {}

    // nullopt: the person has no row yet.
    awaitable<std::optional<feed_page>> after(const uuid& user, const feed_place& place, int limit, deadline d);
    // Forgets, in a step of bounded size, what was removed before `when`; false when nothing is left.
    awaitable<bool> forget(wall::time_point when, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
