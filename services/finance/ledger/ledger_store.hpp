// The SQL of transactions. Each write is one statement, so one database transaction and one round trip: the person's
// ledger_version and the kept answer (keyed_sql.hpp), the row, its lines, the day's sums (commutative adds, L4). Locks
// in one order: person, transaction, sums. Edits are −old +new.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/once/keyed_sql.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

// Throw db::error (check violation day_actual_range: app::explain makes a 422 of it), deadline_exceeded, overloaded.
class ledger_store {
public:
    explicit ledger_store(db::pool& db) : db_(db) {}

    // Only when the ledger is still in `from` and the key is new. A taken id: api_error 409 already_exists. t.payee_id:
    // a new id, which is the payee's when its text is of nobody yet; else the payee's own is put in its place, where it
    // is stored, in the answer that is kept and in `given`, which is the same.
    awaitable<write_outcome> create(const uuid& user, const transaction& t, const state_before& from,
                                    const keyed_answer& answer, http::response& given, deadline d);

    // Deleted ones too.
    awaitable<std::optional<transaction>> find(const uuid& user, const uuid& id, deadline d);

    // A change is judged by what was read while the ledger and the budget were in `from`: then the transaction has the
    // version before the given one's. payee_id: whom the payee means, else a new one. false: one of them has moved on.
    awaitable<bool> change(const uuid& user, const transaction& now, const state_before& from, deadline d);
    awaitable<bool> remove(const uuid& user, const transaction& gone, const state_before& from, deadline d);
    // `back`: as it will be. Only when the ledger is still in `from` and the key is new.
    awaitable<write_outcome> restore(const uuid& user, const transaction& back, const state_before& from,
                                     const keyed_answer& answer, deadline d);

    // The occurrence of a bill or an income with this id in an opened month.
    awaitable<std::optional<link_target>> find_target(const uuid& user, std::string id, deadline d);

    // nullopt: the person has no row.
    awaitable<std::optional<std::int64_t>> version(const uuid& user, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
