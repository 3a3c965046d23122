// The writes of the ledger by whoever makes them: each version of a transaction says so (schema: 018_versions). One
// statement each, of one (ledger_store.cpp) or of many (batch_store.cpp). Used by the handlers that write transactions.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/ledger/writer.hpp"
#include "finance/once/keyed_sql.hpp"

#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace mita::finance {

// Throw db::error (check violation day_actual_range: app::explain makes a 422 of it), deadline_exceeded, overloaded.
class signed_store {
public:
    signed_store(db::pool& db, writer by) : db_(db), by_(std::move(by)) {}

    // Of one, as ledger_store says.
    awaitable<write_outcome> create(const uuid& user, const transaction& t, const state_before& from,
                                    const keyed_answer& answer, http::response& given, deadline d);
    awaitable<bool> change(const uuid& user, const transaction& now, const state_before& from, deadline d);
    awaitable<bool> remove(const uuid& user, const transaction& gone, const state_before& from, deadline d);
    awaitable<write_outcome> restore(const uuid& user, const transaction& back, const state_before& from,
                                     const keyed_answer& answer, deadline d);

    // All of them or none; only when the ledger is still in `from` and the key is new. act: the id it can be undone by;
    // nullopt: it is none. create: their ids are free. change: each as it will be, live or deleted, from the version
    // before the one it names; each of another id.
    awaitable<write_outcome> create_many(const uuid& user, std::span<const transaction> entries, state_before from,
                                         keyed_answer answer, std::optional<uuid> act, deadline d);
    awaitable<write_outcome> change_many(const uuid& user, std::span<const transaction> entries, state_before from,
                                         keyed_answer answer, std::optional<uuid> act, deadline d);
    // The transactions with these ids, deleted ones too, by id.
    awaitable<std::vector<transaction>> find(const uuid& user, std::vector<uuid> ids, deadline d);

private:
    db::pool& db_;
    writer by_;
};

}  // namespace mita::finance
