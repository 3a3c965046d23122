// Revocations leave auth here: reads them from the database in sequence (NOTIFY is the hint, a poll each second the
// truth), applies them to this process's validator and wakes the long polls of gateway and finance. One per process;
// thread-safe. settle(): a logout answers only when every node that was listening has asked again, so the token is dead
// everywhere at the 204.
#pragma once

#include "auth/keys/key_ring.hpp"
#include "auth/revocation/revocation_store.hpp"
#include "core/async.hpp"
#include "core/log.hpp"
#include "core/waiter.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

namespace mita::auth {

class revocation_hub : public std::enable_shared_from_this<revocation_hub> {
public:
    // on_wrong_secret: called when the first load finds keys that this MITA_AUTH_SECRET does not open.
    using fatal = std::function<void(const std::exception&)>;
    revocation_hub(executor home, db::pool& db, jwt::revocations& into, std::vector<jwt::validator*> keys,
                   key_ring& ring, logger& log, fatal on_wrong_secret);

    // Runs on the home worker until close(): reads and publishes. The first successful read also loads the keys.
    awaitable<void> follow();
    void nudge();  // any thread: something was published, read now
    void close();

    struct page {
        std::vector<jwt::revocation> entries;
        std::int64_t sequence = 0;
        bool reset = false;  // `after` is older than what is kept, or newer than what is: take this as everything
    };
    // A long poll: answers when something is newer than `after`, at the latest at `until`. On the caller's executor.
    // Throws overloaded until the table was read once, and while it cannot be read: an empty page would be taken for
    // everything, and for news (C7).
    awaitable<page> wait_after(executor on, std::int64_t after, deadline until);

    // Until `sequence` is applied here and the nodes listening then have come back for more; at most 100 ms.
    awaitable<void> settle(executor on, std::int64_t sequence);

private:
    struct poll {
        poll(executor ex, std::int64_t a) : done(ex), after(a) {}
        waiter done;
        std::int64_t after;
    };
    struct settling {
        settling(executor ex, std::int64_t s) : done(ex), sequence(s) {}
        waiter done;
        std::int64_t sequence;
    };
    awaitable<void> read(deadline d);
    void publish(revocation_store::page fresh);
    void wake(const std::shared_ptr<poll>& p);
    void finish_settled();
    page page_after(std::int64_t after) const;
    void require_fresh() const;

    executor home_;
    db::pool& db_;
    jwt::revocations& into_;
    std::vector<jwt::validator*> keys_;  // whom to give the keys
    key_ring& ring_;
    logger& log_;
    fatal on_wrong_secret_;
    std::shared_ptr<waiter> hint_;  // home worker only
    bool closing_ = false;

    mutable std::mutex mutex_;
    std::deque<jwt::revocation> kept_;
    std::int64_t first_ = -1;  // everything after this sequence is in kept_; -1: nothing read yet
    std::int64_t last_ = -1;
    std::list<std::shared_ptr<poll>> polls_;
    std::size_t outstanding_ = 0;  // nodes woken by the last publish that have not come back yet
    std::list<std::shared_ptr<settling>> settling_;
};

}  // namespace mita::auth
