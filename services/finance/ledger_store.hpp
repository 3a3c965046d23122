// The ledger's SQL: transactions with their lines, the per-day sums, and the first answers of keyed POSTs. Used by
// handlers/transactions.cpp. Every write is one statement (one implicit transaction, one round trip) that holds L3 and
// L4: transaction + lines + day_actual (commutative adds; of an edit: − old + new) + users.ledger_version + 1, guarded
// by the ledger_version the effect was computed from.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct page_filter {
    std::optional<uuid> account_id;
    std::optional<std::string> category;
    std::optional<civil_day> booked_from, booked_to;
    std::optional<amount> amount_min, amount_max;
    std::optional<std::string> text;  // in payee or note
    int limit = 50;
    std::optional<std::pair<civil_day, uuid>> after;  // the last of the page before
};

// The first answer to a keyed POST, as it goes over the wire.
struct kept_answer {
    std::string fingerprint;  // SHA-256 of the body
    unsigned status = 0;
    std::string headers;  // lines, each ending in CRLF
    std::string body;
};

struct keyed {
    std::string scope;  // method and path
    std::string key;
    kept_answer answer;
};

enum class write_result {
    done,
    moved,      // ledger_version is no longer the expected one: read again, compute again
    key_taken,  // another request with this key came first: read its answer
    id_taken,   // a transaction with this id exists
    stale,      // the transaction's own version is no longer the expected one
};

// Throws db::error (check violations day_actual_range, money_amount_range: app::explain makes 422 of them),
// deadline_exceeded, overloaded.
class ledger_store {
public:
    explicit ledger_store(db::pool& db) : db_(db) {}

    awaitable<std::optional<transaction>> find(uuid user, uuid id, deadline d);  // deleted ones too
    awaitable<std::vector<transaction>> page(uuid user, page_filter f, deadline d);
    awaitable<std::optional<kept_answer>> answer_of(uuid user, std::string scope, std::string key, deadline d);

    awaitable<write_result> create(uuid user, std::int64_t ledger_version, const transaction& t, const keyed& k,
                                   deadline d);
    // Also deletes (deleted_at set) and restores (cleared): `before` is what was read, `now` what shall be.
    awaitable<write_result> replace(uuid user, const transaction& before, const transaction& now,
                                    const std::optional<keyed>& k, deadline d);
    // Answers older than 72 h.
    awaitable<void> prune(deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
