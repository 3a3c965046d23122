// Sessions: SQL of the sessions table. Each call is one statement. Ending a session publishes its revocation in the
// same transaction.
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

struct session_terms {
    session_terms() = default;
    std::chrono::seconds access_ttl{600}, idle{604'800}, absolute{2'592'000};
    unsigned max_sessions = 50;  // live ones per user; the oldest are ended (S9)
};

struct new_session {
    uuid id, user_id;
    std::string device_name, user_agent, ip;
};

struct session_row {
    uuid id, user_id;
    std::string device_name, user_agent, ip;
    wall::time_point created_at, last_seen_at;
};

// Where a session stands in list(), in bytes of that order.
std::string place_of(const session_row& s);

// What a refresh found. `rotated`: this call made the new generation. `repeated`: the parent of the current generation
// within the grace of 10 s: the same new token is due again (S2, S4). Others get 401; `reused` has ended the session
// (S3).
enum class refresh_outcome { rotated, repeated, reused, dead, forged };

struct refreshed {
    refresh_outcome outcome = refresh_outcome::dead;
    uuid user_id;
    std::string role;
    std::int64_t counter = 0;  // of the token to hand out
    wall::time_point auth_time;
    std::int64_t revocation = 0;  // sequence of the revocation published by `reused`
};

class session_store {
public:
    session_store(db::pool& db, const session_terms& terms) : db_(db), terms_(terms) {}

    // False when the address is taken: nothing was written.
    awaitable<bool> register_user(user u, new_session s, deadline d);
    awaitable<void> open(new_session s, deadline d);
    awaitable<refreshed> refresh(uuid id, std::int64_t counter, deadline d);
    // The live sessions of a user, newest first.
    awaitable<std::vector<session_row>> list(uuid user_id, deadline d);
    // Ends one session of the user. The revocation's sequence; nullopt when there was no such live session.
    awaitable<std::optional<std::int64_t>> end(uuid id, uuid user_id, std::string reason, deadline d);
    // Ends every session of the user, when `asking` is a live one of them.
    awaitable<std::optional<std::int64_t>> end_all(uuid user_id, uuid asking, std::string reason, deadline d);

private:
    awaitable<refreshed> classify(uuid id, std::int64_t counter, deadline d);
    wall::time_point forget_after() const;
    db::pool& db_;
    const session_terms& terms_;
};

}  // namespace mita::auth
