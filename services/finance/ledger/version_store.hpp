// The versions of transactions, which the schema keeps (018_versions), and what changed many at once. Used by history,
// revert and undo.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct transaction_version {
    transaction entry;
    std::optional<uuid> session;  // nullopt: none wrote it, or no release that said so
    std::optional<std::string> client;
};

struct transaction_act {
    std::vector<uuid> entries;
    std::vector<std::int64_t> versions;  // which it made of each
};

// Throw db::error, deadline_exceeded, overloaded.
class version_store {
public:
    explicit version_store(db::pool& db) : db_(db) {}

    // The newest first, the present one among them; empty: no such transaction.
    awaitable<std::vector<transaction_version>> history(const uuid& user, const uuid& id, deadline d);
    // Former versions of these, by id: which[n] of ids[n]. Those not kept are left out.
    awaitable<std::vector<transaction>> former(const uuid& user, std::vector<uuid> ids, std::vector<std::int64_t> which,
                                               deadline d);
    awaitable<std::optional<transaction_act>> act(const uuid& user, const uuid& id, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
