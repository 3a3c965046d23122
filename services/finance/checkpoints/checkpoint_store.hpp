// The rows of `checkpoints`, each beside what is booked until its day (account_sums), and what they clear. Each write
// is judged by what is there of a ledger_version and a budget_version, and happens while they hold; it moves
// ledger_version on.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/checkpoints/checkpoint.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"

#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

// Throws db::error, deadline_exceeded, overloaded.
class checkpoint_store {
public:
    explicit checkpoint_store(db::pool& db) : db_(db) {}

    struct of_account {
        std::optional<std::string> currency;  // nullopt: the person has no such account
        state_before version;
        std::vector<checked_balance> all;  // the newest first
    };
    // nullopt: the person has no row yet. Throws api_error 422 amount_overflow when a balance is beyond the range.
    awaitable<std::optional<of_account>> read(const uuid& user, const uuid& account, deadline d);
    // Throws api_error 409 already_exists for an id that is another account's.
    awaitable<write_outcome> insert(const uuid& user, const checkpoint& c, const state_before& from,
                                    const keyed_answer& answer, deadline d);
    // False: something moved.
    awaitable<bool> change(const uuid& user, const checkpoint& c, const state_before& from, deadline d);
    awaitable<bool> remove(const uuid& user, const uuid& id, const state_before& from, deadline d);

    // Transactions, each number at most `most`.
    struct marks {
        std::int64_t open = 0;  // of its account until its day, not cleared
        std::int64_t live = 0;  // it has cleared
        std::int64_t all = 0;   // with those deleted since
    };
    awaitable<marks> count_marks(const uuid& user, const checkpoint& c, std::int64_t most, deadline d);
    // Those that are open are cleared by it; `now`: as it will be.
    awaitable<write_outcome> reconcile(const uuid& user, const checkpoint& now, const state_before& from,
                                       const keyed_answer& answer, const writer& by, deadline d);
    // What it cleared is open again.
    awaitable<write_outcome> take_back(const uuid& user, const checkpoint& now, const state_before& from,
                                       const keyed_answer& answer, const writer& by, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
