// One-time tokens in the database: SQL of one_time_tokens. One is live for each person and purpose; each is good once,
// until it expires by the database's clock. What a token does to a person stands beside it, in one statement
// (people/credential_store.hpp). Used by the mail job, handlers and housekeeping.
#pragma once

#include "auth/one_time/one_time_token.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace mita::auth {

// How long a token is good: a reset at most an hour (P8), proof of a mailbox a day.
std::chrono::seconds lifetime_of(token_purpose p);

class one_time_store {
public:
    explicit one_time_store(db::pool& db) : db_(db) {}
    // A new token takes the place of the person's former one of that purpose.
    awaitable<secret> issue(token_purpose p, uuid user_id, std::string bound, std::int64_t moved, deadline d);
    struct holder {
        uuid user_id;
        std::string bound;
    };
    // Whose it is, while it is good: a look that uses nothing up.
    awaitable<std::optional<holder>> look(token_purpose p, std::string hash, std::int64_t moved, deadline d);
    // Deletes those over for a day, at most `at_most`; how many.
    awaitable<std::int64_t> prune(unsigned at_most, std::int64_t moved, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
