// What operators and administrators do with accounts: look for them, close and open them, end their sessions, give
// roles, have a new password chosen (A1). SQL of set_standing, end_all_sessions and require_reset. Used by `mita-auth
// users …` and by the handlers of /v1/admin.
#pragma once

#include "auth/people/user_store.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

enum class standing { done, same, gone };

struct standing_change {
    standing how = standing::gone;
    std::int64_t revocation = 0;  // the sequence to settle; 0: no session ended
};

struct user_search {
    std::string part;  // of the address or the name; empty: all
    std::optional<std::string> status, role;
    std::optional<uuid> before;  // older than this one
    int limit = 50;
};

class standing_store {
public:
    standing_store(db::pool& db, std::chrono::seconds tokens_live) : db_(db), tokens_live_(tokens_live) {}

    // The newest first.
    awaitable<std::vector<user>> search(user_search what, deadline d);
    // What is not named stays. Each throws overloaded as credential_store does.
    awaitable<standing_change> set(uuid id, std::optional<std::string> status, std::optional<std::string> role,
                                   deadline d);
    awaitable<standing_change> end_sessions(uuid id, std::string why, deadline d);
    // Also overloaded when the queue of mails is full: nothing happened.
    awaitable<standing_change> require_reset(uuid id, deadline d);

private:
    db::pool& db_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
