// The rows of `accounts`, and the sums of what is booked in them (L2, kept by the schema's triggers). Each write is
// judged by the accounts of a budget_version and happens under the lock of the person's row while it is that version's;
// it moves budget_version on (every write of a transaction is judged by it) and tells every node to forget the person.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/accounts/account.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/once/keyed_sql.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

enum class account_change {
    done,
    in_use,
    moved,  // the accounts are others by now: read again
};

struct account_balance {
    uuid account_id;
    std::string currency;
    std::optional<amount> value;  // nullopt: beyond the range of exact amounts
};

// Throws db::error, deadline_exceeded, overloaded.
class account_store {
public:
    explicit account_store(db::pool& db) : db_(db) {}

    struct versioned {
        account_book book;
        std::string currency;  // the person's
        std::int64_t budget_version = 0;
    };
    // nullopt: the person has no row yet.
    awaitable<std::optional<versioned>> read(const uuid& user, deadline d);
    // Only while budget_version is `from`'s and the key is new.
    awaitable<write_outcome> insert(const uuid& user, const account& a, const state_before& from,
                                    const keyed_answer& answer, deadline d);
    // unless_used: not when something is or was booked in it.
    awaitable<account_change> change(const uuid& user, const account& a, std::int64_t budget_version, bool unless_used,
                                     deadline d);
    awaitable<account_change> remove(const uuid& user, const uuid& id, std::int64_t budget_version, deadline d);

    // What each held at the end of the day, in the order of the list.
    awaitable<std::vector<account_balance>> balances(const uuid& user, civil_day on, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance
