// Attempts at a credential, counted exactly on however many instances: SQL of throttles (begin_attempt, end_attempt,
// ask_mail). Used by attempt and by handlers that ask for mails.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::auth {

// Whom an attempt counts against. account: a MAC of the canonical address; none for a guessed token. network: a /24 or
// /64; none for addresses that stand for nobody (loopback: a proxy that names no client).
struct attempt_key {
    std::optional<std::string> account, network;
    std::string address_key;
};

class throttle_store {
public:
    explicit throttle_store(db::pool& db) : db_(db) {}

    enum class outcome { begun, busy, slowed };
    struct begun {
        outcome how = outcome::begun;
        unsigned wait_s = 0;  // slowed: until the next attempt
        bool known = false;   // the account was logged in to from there before
    };
    awaitable<begun> begin(attempt_key key, deadline d);
    enum class result { failed, passed, dropped };
    awaitable<void> end(attempt_key key, bool known, result how, std::optional<uuid> person, deadline d);

    // Strangers' failures at the account are forgotten: its mailbox has spoken.
    awaitable<void> forgive(attempt_key key, deadline d);

    // Deletes what counts no more, at most `at_most` rows; how many.
    awaitable<std::int64_t> prune(unsigned at_most, deadline d);
    // Likewise networks that nobody logged in from for half a year.
    awaitable<std::int64_t> prune_networks(unsigned at_most, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
