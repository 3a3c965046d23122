// Sessions: SQL of the sessions table. What a session may still do is judged by the database's clock alone; what people
// are shown (created_at, last_seen_at) is written by the service's. Ending a session publishes its revocation in the
// same transaction. Used by handlers.
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
    int epoch = 0;  // the person's when the login was checked: none is opened after a change of credentials
    std::string device_name, user_agent, ip;
    std::string network;             // of ip; empty: of nobody's
    std::string amr = "pwd";         // how the person was recognised (RFC 8176), a space between
    std::optional<uuid> instead_of;  // a session of the person that ends when this one begins
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
    std::string scope;         // what the session held at its login and the role allows still (S7)
    std::int64_t counter = 0;  // of the token to hand out
    wall::time_point auth_time;
    std::string amr;
    std::chrono::seconds left{0};  // until the absolute end, which no token outlives
    std::int64_t revocation = 0;   // sequence of the revocation published by `reused`
};

struct opened {
    // false: not active any more, the credentials changed meanwhile, or a factor is missing; nothing was written
    bool done = false;
    std::string scope;
    std::int64_t revocation = 0;  // of the sessions that ended for it; 0: none
};

struct swept {
    std::int64_t deleted = 0;
    std::optional<uuid> next;  // go on after this one; nullopt: that was the last
};

class session_store {
public:
    session_store(db::pool& db, const session_terms& terms) : db_(db), terms_(terms) {}

    // False when the address is taken: nothing was written. With it, the mail that asks for proof of the address.
    awaitable<bool> register_user(user u, new_session s, deadline d);
    // The account, no session, and a mail that says what the address has to do or has already (P7). False: the queue of
    // mails is full.
    awaitable<bool> register_unproven(user u, deadline d);
    // Never leaves more live sessions of the person than terms.max_sessions, on however many instances (S9). Others do
    // not wait for it. Throws overloaded when the account's other logins kept it from its turn for 2 s.
    awaitable<opened> open(new_session s, deadline d);
    awaitable<refreshed> refresh(uuid id, std::int64_t counter, deadline d);
    // The live sessions of a user, newest first.
    awaitable<std::vector<session_row>> list(uuid user_id, deadline d);
    // Ends one session, of that user or (without one) of whoever's it is. The revocation's sequence; nullopt when there
    // was no such live session.
    awaitable<std::optional<std::int64_t>> end(uuid id, std::optional<uuid> user_id, std::string reason, deadline d);
    // Ends every session of the user, when `asking` is a live one of them.
    awaitable<std::optional<std::int64_t>> end_all(uuid user_id, uuid asking, std::string reason, deadline d);

    // Deletes, of the `at_most` sessions after that one in the order of their ids, those that ended so long ago that no
    // token of theirs can live. Several instances may do it at once.
    awaitable<swept> sweep(uuid after, unsigned at_most, deadline d);

    // An access token of a dead session may live this long; then it, and its revocation, may be forgotten.
    std::chrono::seconds tokens_live() const { return terms_.access_ttl + std::chrono::seconds(120); }

private:
    awaitable<refreshed> classify(uuid id, std::int64_t counter, std::int64_t moved, deadline d);
    static refreshed read_refreshed(const db::row& r);
    std::int64_t tokens_live_s() const { return tokens_live().count(); }
    db::pool& db_;
    const session_terms& terms_;
};

}  // namespace mita::auth
