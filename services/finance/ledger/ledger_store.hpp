// The SQL of transactions. Each write is one statement, so one database transaction and one round trip: the row, its
// lines, the day's sums (commutative adds, L4), the person's ledger_version, and the idempotency row. Locks in one
// order: person, transaction, sums. Edits are −old +new.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/once/idempotency.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

// The state a transaction's effect was computed from.
struct ledger_versions {
    std::int64_t ledger_version = 0, budget_version = 0;
};

enum class write_result {
    written,
    moved,     // the state is another by now: read again
    replayed,  // the key has an answer already: `kept`
};

// Throw db::error (check violation day_actual_range: app::explain makes a 422 of it), deadline_exceeded, overloaded.
class ledger_store {
public:
    explicit ledger_store(db::pool& db) : db_(db) {}

    struct creation {
        write_result result = write_result::moved;
        kept_answer kept;  // of replayed
    };
    // Only when the ledger is still in `from` and the key is new. A taken id: api_error 409 already_exists.
    awaitable<creation> create(const uuid& user, const transaction& t, const ledger_versions& from,
                               const keyed_request& key, const kept_answer& answer, deadline d);

    // A transaction, deleted ones too, and what a change of it is judged by; `there` false: the person has no row.
    struct subject {
        bool there = false;
        std::string currency, timezone;
        std::int64_t ledger_version = 0;
        category_book book;
        std::optional<transaction> entry;
    };
    awaitable<subject> read_for_change(const uuid& user, const uuid& id, deadline d);
    // Deleted ones are not found.
    awaitable<std::optional<transaction>> find(const uuid& user, const uuid& id, deadline d);

    // `now` replaces the version before it; false: the ledger has moved on from ledger_version.
    awaitable<bool> change(const uuid& user, const transaction& now, std::int64_t ledger_version, deadline d);
    // false: that version is not the current one any more.
    awaitable<bool> remove(const uuid& user, const uuid& id, std::int64_t version, wall::time_point when, deadline d);
    // `back`: as it will be. moved: the ledger has moved on from ledger_version.
    awaitable<creation> restore(const uuid& user, const transaction& back, std::int64_t ledger_version,
                                const keyed_request& key, const kept_answer& answer, deadline d);
    // Is there an occurrence of a bill with this id in an opened month?
    awaitable<std::optional<link_target>> find_target(const uuid& user, std::string id, deadline d);

    // nullopt: the person has no row.
    awaitable<std::optional<std::int64_t>> version(const uuid& user, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
