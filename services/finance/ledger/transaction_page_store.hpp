// The pages of GET /v1/transactions: keyset by (booked_on, id), newest first, so that a page costs the same wherever it
// is and however much there is (B9). Account, payee, tag and category
// are served by an index each, words are found among the newest or by theirs; what no index serves is looked
// for in a bounded number of rows.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/ledger/transaction_filter.hpp"
#include "finance/ledger/transaction_place.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace mita::finance {

struct transaction_page {
    std::vector<transaction> entries;
    std::optional<transaction_place> next;  // there may be more after it
    std::int64_t ledger_version = 0;        // the page is of this or a later one
};

// At most `limit` entries after `from`. With filters a page may be short, or empty, and still have a next one. Throws
// db::error, deadline_exceeded, overloaded.
awaitable<transaction_page> read_page(db::pool& db, const uuid& user, const transaction_filter& filter,
                                      std::optional<transaction_place> from, int limit, deadline d);

}  // namespace mita::finance
