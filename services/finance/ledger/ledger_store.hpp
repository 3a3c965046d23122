// Transactions as they are now. Used by the handlers of transactions and transfers; written by signed_store.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/ledger/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

// Throw db::error, deadline_exceeded, overloaded.
class ledger_store {
public:
    explicit ledger_store(db::pool& db) : db_(db) {}

    // Deleted ones too.
    awaitable<std::optional<transaction>> find(const uuid& user, const uuid& id, deadline d);

    awaitable<std::vector<transaction>> find(const uuid& user, std::vector<uuid> ids, deadline d);  // by id
    // Those of the ids that a transaction of this person has.
    awaitable<std::vector<uuid>> taken(const uuid& user, std::vector<uuid> ids, deadline d);

    // The occurrence of a bill or an income with this id in an opened month.
    awaitable<std::optional<link_target>> find_target(const uuid& user, std::string id, deadline d);

    // nullopt: the person has no row.
    awaitable<std::optional<std::int64_t>> version(const uuid& user, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
