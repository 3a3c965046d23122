// The SQL of transfers. Each write is one statement: the person's ledger_version and the kept answer (keyed_sql.hpp),
// both legs with their lines and the days' sums (L4), the transfer itself. L1 is held by the schema
// (015_transfers.sql).
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction_place.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"
#include "finance/transfers/transfer.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace mita::finance {

struct transfer_filter {
    std::optional<uuid> account;        // of either leg
    std::optional<civil_day> from, to;  // inclusive; the day it left
};
struct transfer_page {
    std::vector<transfer> entries;  // newest first, by (booked_on, id)
    std::optional<transaction_place> next;
    std::int64_t ledger_version = 0;
};

// Throws db::error (check violation transfers_whole: app::explain makes a 409 of it), deadline_exceeded, overloaded.
// Each write happens only while the ledger and the budget are in `from`, and when the key is new.
class transfer_store {
public:
    explicit transfer_store(db::pool& db) : db_(db) {}

    // Deleted ones too.
    awaitable<std::optional<transfer>> find(const uuid& user, const uuid& id, deadline d);
    awaitable<transfer_page> page(const uuid& user, const transfer_filter& filter,
                                  std::optional<transaction_place> after, int limit, deadline d);

    // Its legs are new, or there (paired). A taken id: api_error 409 already_exists.
    awaitable<write_outcome> create(const uuid& user, const transfer& t, const state_before& from,
                                    const keyed_answer& answer, writer by, deadline d);
    // Changed, deleted or restored, and its legs with it.
    awaitable<write_outcome> change(const uuid& user, const transfer& now, const state_before& from,
                                    const keyed_answer& answer, writer by, deadline d);
    // It ends; its legs, as they will be, stay.
    awaitable<write_outcome> part(const uuid& user, const uuid& id, const std::pair<transaction, transaction>& legs,
                                  const state_before& from, const keyed_answer& answer, writer by, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
