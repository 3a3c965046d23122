// Tells this process what other nodes changed: NOTIFY finance_invalidations carries the person's id (a hint that is
// acted on at once), the table `invalidations` is the truth and is read after each (re)connect and every few seconds.
// Runs on worker 0 until close().
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "core/log.hpp"
#include "core/waiter.hpp"
#include "finance/changes/invalidation_store.hpp"

#include <functional>
#include <memory>
#include <string>

namespace mita::finance {

class invalidations : public std::enable_shared_from_this<invalidations> {
public:
    // forget: called on this worker for each changed person; forget_all: when a gap may have been missed.
    invalidations(executor ex, db::pool& db, std::function<void(const uuid&)> forget, std::function<void()> forget_all,
                  logger& log);

    awaitable<void> follow();                   // until close()
    void notified(const std::string& payload);  // of NOTIFY; empty: the listener (re)connected
    void close();

private:
    awaitable<void> catch_up();
    executor ex_;
    invalidation_store store_;
    std::function<void(const uuid&)> forget_;
    std::function<void()> forget_all_;
    logger& log_;
    std::shared_ptr<waiter> pause_;
    std::string horizon_;  // every change of older transactions has been seen; empty: none read yet
    bool closing_ = false;
};

}  // namespace mita::finance
