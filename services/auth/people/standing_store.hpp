// What an operator does with accounts: looks for them, closes and opens them, ends their sessions, gives roles (A1).
// SQL of set_standing and end_all_sessions. Used by `mita-auth users …`.
#pragma once

#include "auth/people/user_store.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

enum class standing { done, same, gone };

class standing_store {
public:
    standing_store(db::pool& db, std::chrono::seconds tokens_live) : db_(db), tokens_live_(tokens_live) {}

    // The newest accounts whose address holds `part` (all, when empty), at most `limit`.
    awaitable<std::vector<user>> search(std::string part, int limit, deadline d);
    // Throws overloaded as credential_store does.
    awaitable<standing> set(uuid id, std::string status, std::string role, deadline d);
    awaitable<standing> end_sessions(uuid id, deadline d);

private:
    db::pool& db_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
