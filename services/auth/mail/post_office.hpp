// Runs the sender on a thread of its own, so that a server that takes its time holds up no request. Used by the mail
// job, one message at a time.
#pragma once

#include "auth/mail/sender.hpp"
#include "core/async.hpp"

#include <boost/asio/thread_pool.hpp>

#include <atomic>

namespace mita::auth {

class post_office {
public:
    explicit post_office(sender by) : by_(std::move(by)), thread_(1) {}
    ~post_office();  // ends a message that is under way
    post_office(const post_office&) = delete;
    post_office& operator=(const post_office&) = delete;

    // On the caller's executor again when it is done; takes at most the sender's timeout.
    awaitable<delivered> send(message m);
    void stop() { stopping_.store(true, std::memory_order_relaxed); }  // any thread: what is under way ends soon

private:
    sender by_;
    std::atomic<bool> stopping_{false};
    asio::thread_pool thread_;
};

}  // namespace mita::auth
