// Reads the table `invalidations` without missing a row that commits late: by transaction id against the snapshot's
// horizon, not by sequence.
#pragma once

#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <string>
#include <vector>

namespace mita::finance {

class invalidation_store {
public:
    explicit invalidation_store(db::pool& db) : db_(db) {}

    struct changes {
        std::vector<uuid> ids;
        std::string horizon;  // give it back next time
    };
    // Changes of transactions from `horizon` on (some may come twice); empty: none, only the horizon.
    awaitable<changes> since(std::string horizon, deadline d);
    // Drops what every cache has outlived, some thousand at once; true: there may be more.
    awaitable<bool> prune(deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
