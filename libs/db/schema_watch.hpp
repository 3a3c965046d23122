// Is the database's schema as new as this program? Until it is, the service is not ready: its statements would fail.
// Followed once per process, from worker 0; read by any thread.
#pragma once

#include "core/log.hpp"
#include "core/runtime.hpp"
#include "db/pool.hpp"

#include <atomic>

namespace mita::db {

class schema_watch {
public:
    explicit schema_watch(int wanted) : wanted_(wanted) {}  // the number of the newest migration
    bool ready() const { return seen_.load(std::memory_order_relaxed) >= wanted_; }
    int wanted() const { return wanted_; }
    int seen() const { return seen_.load(std::memory_order_relaxed); }  // 0: none, or not asked yet

    // Asks until the schema is new enough or the runtime stops: at once when the database comes, then once a second.
    // Logs schema_behind once, so that who forgot to migrate reads it.
    awaitable<void> follow(executor home, pool& db, const runtime& loops, logger& log);

private:
    const int wanted_;
    std::atomic<int> seen_{0};
};

}  // namespace mita::db
