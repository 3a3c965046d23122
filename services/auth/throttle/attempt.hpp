// One attempt at a credential: begun before anything is hashed (L2), judged by passed() or failed(). One that is
// neither (shed, client gone, database away) is given back when it goes. Every path that takes a password or a
// guessable code makes one (L3). Used by handlers, on the request's worker.
#pragma once

#include "auth/throttle/throttle_store.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mita::auth {

// Network of an address: "203.0.113.0/24", "2001:db8:0:1::/64"; none for loopback and for what is no address.
std::optional<std::string> network_of(std::string_view client_address);

// What to count against. key: a secret of the service's own, so that a dump does not tell who was tried.
attempt_key attempt_at(const secret& key, std::string_view address_key, std::string_view client_address);
// A token that may be guessed: counts against the network alone.
attempt_key guess_from(std::string_view client_address);

class attempt {
public:
    // Waits its turn while others are open that may use up what is free. Throws api_error 429 rate_limited with
    // Retry-After when it comes too soon after failures, overloaded when it got no turn within 2 s.
    static awaitable<attempt> begin(db::pool& db, logger& log, attempt_key key, deadline d);
    attempt(attempt&&) noexcept = default;
    attempt& operator=(attempt&&) = delete;
    ~attempt();

    // The person logged in (or showed the password) from here: the account's count begins anew, the network is known.
    awaitable<void> passed(uuid person, deadline d);
    awaitable<void> failed(deadline d);

private:
    struct open_attempt {
        db::pool& db;
        logger& log;
        executor on;
        attempt_key key;
        bool known;
    };
    explicit attempt(std::unique_ptr<open_attempt> a) : open_(std::move(a)) {}
    std::unique_ptr<open_attempt> open_;  // null: judged
};

}  // namespace mita::auth
