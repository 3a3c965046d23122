// The end of an account: SQL of delete_account and of erasures, the work that is left when a person is gone. Used by
// the handler of DELETE /v1/auth/me and by the job that has finance erase.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mita::auth {

struct deleted_account {
    bool done = false;            // false: `held` is no longer the person's hash, or the person is no longer active
    std::int64_t revocation = 0;  // the sequence to settle; 0: no session ended
};

struct erasure {
    uuid user_id;
    int pass = 0;
};

class erasure_store {
public:
    explicit erasure_store(db::pool& db) : db_(db) {}

    // The person, their sessions and all they had here, with what finance is to erase written down. Throws overloaded
    // when other changes and logins of the person kept it from its turn for 2 s.
    awaitable<deleted_account> delete_account(uuid id, std::string held, std::chrono::seconds tokens_live, deadline d);
    // Some work that is due; others do not get it before its next try.
    awaitable<std::optional<erasure>> claim(deadline d);
    // finished: finance has nothing of the person any more; else it goes on at once. What the trail knows of where the
    // person was is forgotten with it.
    awaitable<void> note(erasure e, bool finished, deadline d);
    // How many people's data finance has not erased yet.
    awaitable<std::int64_t> waiting(deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
