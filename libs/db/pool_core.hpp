// The inside of db::pool: two lanes, their upkeep, what is published to other threads. Private to libs/db; lives on its
// worker and outlives the pool object while frames, connections' hooks or transactions still use it.
#pragma once

#include "core/alarm.hpp"
#include "core/repeated_job.hpp"
#include "db/connection.hpp"
#include "db/instruments.hpp"
#include "db/pool.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

namespace mita::db {

class pool_core : public std::enable_shared_from_this<pool_core> {
public:
    using clock = call::clock;
    using link = std::shared_ptr<connection>;
    using items = std::vector<batch::item>;
    using self_ptr = std::shared_ptr<pool_core>;

    pool_core(executor ex, pool_options options, logger& log, metrics::registry& metrics);
    void start();
    // Closes everything now; who waits gets 08006 or 08003.
    void stop();

    // Pipelined lane (pool.cpp). Results in order. retry: once more when the connection was lost before the answer.
    static awaitable<std::vector<rows>> execute(self_ptr self, items what, deadline d, bool retry);
    static awaitable<rows> execute_one(self_ptr self, items what, deadline d, bool retry);

    // Exclusive lane (exclusive.cpp). A connection outside any transaction, to be given back by release() once.
    static awaitable<link> acquire(self_ptr self, deadline d);
    void release(const link& l);
    // As release, after rolling back what is open; returns at once.
    void release_after_rollback(const link& l);

    static awaitable<void> close(self_ptr self, deadline d);
    pool_stats stats() const;  // any thread
    bool ready() const { return published_.pipelined.load(std::memory_order_relaxed) > 0; }

    executor ex() const { return ex_; }
    instruments& meters() { return meters_; }

private:
    // A caller waiting for an exclusive connection.
    struct hand_off {
        explicit hand_off(executor ex) : ready(ex) {}
        waiter ready;
        link given;
        std::optional<error> failure;
    };
    struct slot {  // of the pipelined lane
        link at;   // null: down
        clock::time_point retire_at{};
        bool retiring = false;  // takes no new calls; replaced when empty
    };

    // Pipelined lane.
    void admit(const std::shared_ptr<call>& c, deadline d);
    void dispatch();
    slot* pick();
    void send(slot& to, const std::shared_ptr<call>& c);
    void leave(call& c);
    void on_completed(std::size_t index);
    void on_pipelined_lost(std::size_t index);

    // Exclusive lane.
    void on_exclusive_lost(const connection* c);
    void hand_on(const link& l);
    bool worn_out(const connection& c, clock::time_point now) const;

    // Upkeep (upkeep.cpp): one coroutine connects, one timer watches.
    static awaitable<void> maintain(self_ptr self);
    enum class want { nothing, pipelined, exclusive };
    want wanted() const;
    void attach_pipelined(const link& l);
    void attach_exclusive(const link& l);
    void connect_failed(want what, const error& e);
    void lived_for(clock::duration lifetime);
    clock::duration backoff();
    void watch();
    void tick();
    void retire(clock::time_point now);
    void fail_waiting(const error& e);

    void refuse_when_away(clock::time_point now);
    bool away_too_long(clock::time_point now) const;
    bool drained() const;
    void publish();
    double random(double from, double to) { return std::uniform_real_distribution<double>(from, to)(random_); }

    executor ex_;
    pool_options options_;
    connection_options link_options_;
    logger& log_;
    instruments meters_;
    std::minstd_rand random_;

    std::vector<slot> slots_;
    std::deque<std::shared_ptr<call>> queue_;
    std::vector<link> idle_;  // the back is the warmest
    std::vector<link> lent_;
    std::deque<std::shared_ptr<hand_off>> line_;

    bool closing_ = false;
    bool stopped_ = false;
    std::optional<clock::time_point> down_since_;  // no pipelined connection since
    clock::time_point up_since_{};                 // ... and again since, if ever and until down_since_
    bool connected_once_ = false;
    unsigned failures_ = 0;                 // connects failed in a row
    unsigned young_deaths_ = 0;             // connections in a row that were let in and died soon
    std::shared_ptr<repeated_job> upkeep_;  // maintain(), begun anew should it end early
    steady_timer wake_;                     // maintain() sleeps on it when nothing is wanted
    steady_timer pause_;                    // ... and on this between attempts
    alarm watch_;
    std::shared_ptr<waiter> drained_;  // close() waits on it

    struct published {
        std::atomic<std::uint64_t> pipelined{0}, connected{0}, in_use{0}, waiting{0}, in_flight{0}, lent{0};
        std::atomic<std::uint64_t> failures{0};
        std::atomic<std::int64_t> last_ok_ms{0};
    } published_;
};

}  // namespace mita::db
