// The writes of the ledger by whoever makes them: each version of a transaction says so (schema: 018_versions). Each is
// one statement, so one database transaction and one round trip: the person's ledger_version and the kept answer
// (keyed_sql.hpp), the rows, their lines, the day's sums (commutative adds, L4). Locks in one order: person,
// transaction, sums. Edits are −old +new. Used by the handlers that write transactions.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"

#include <optional>
#include <span>
#include <utility>

namespace mita::finance {

// Throw db::error (check violation day_actual_range: app::explain makes a 422 of it), deadline_exceeded, overloaded.
class signed_store {
public:
    signed_store(db::pool& db, writer by) : db_(db), by_(std::move(by)) {}

    // Only when the ledger is still in `from` and the key is new. A taken id: api_error 409 already_exists. t.payee_id:
    // a new id, which is the payee's when its text is of nobody yet; else the payee's own is put in its place, where it
    // is stored, in the answer that is kept and in `given`, which is the same.
    awaitable<write_outcome> create(const uuid& user, const transaction& t, const state_before& from,
                                    const keyed_answer& answer, http::response& given, deadline d);
    // A change is judged by what was read while the ledger and the budget were in `from`: then the transaction has the
    // version before the given one's. payee_id: whom the payee means, else a new one. false: one of them has moved on.
    awaitable<bool> change(const uuid& user, const transaction& now, const state_before& from, deadline d);

    // All of them or none; only when the ledger is still in `from` and the key is new. act: the id it can be undone by;
    // nullopt: it is none. create: their ids are free (ledger_store::taken). change: each as it will be, live or
    // deleted, from the version before the one it names; each of another id.
    awaitable<write_outcome> create_many(const uuid& user, std::span<const transaction> entries, state_before from,
                                         keyed_answer answer, std::optional<uuid> act, deadline d);
    awaitable<write_outcome> change_many(const uuid& user, std::span<const transaction> entries, state_before from,
                                         keyed_answer answer, std::optional<uuid> act, deadline d);

private:
    db::pool& db_;
    writer by_;
};

}  // namespace mita::finance
