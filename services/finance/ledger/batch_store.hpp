// The SQL of writing many transactions at once: one statement, so one database transaction and one round trip, as each
// write of one is (ledger_store.hpp). Used by the batch.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/once/keyed_sql.hpp"

#include <span>
#include <vector>

namespace mita::finance {

// Throw db::error (check violation day_actual_range: app::explain makes a 422 of it), deadline_exceeded, overloaded.
class batch_store {
public:
    explicit batch_store(db::pool& db) : db_(db) {}

    // All of them or none; only when the ledger is still in `from` and the key is new. Their ids are free (taken()).
    awaitable<write_outcome> create(const uuid& user, std::span<const transaction> entries, state_before from,
                                    keyed_answer answer, deadline d);
    // Those of the ids that somebody's transaction of this person has, a deleted one's too.
    awaitable<std::vector<uuid>> taken(const uuid& user, std::vector<uuid> ids, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
