// What one pipelined connection owes to whom, without I/O: the queue of calls in flight, where their Syncs are, and the
// statements known to the server. Used by connection alone, on its worker. Promises: a call is completed at its Sync,
// exactly once, or skipped there because of a neighbour it shared the Sync with; results of abandoned calls are
// dropped; a failed prepare is forgotten, so that the next use prepares again.
#pragma once

#include "core/async.hpp"
#include "core/waiter.hpp"
#include "db/batch.hpp"
#include "db/error.hpp"
#include "db/row.hpp"

#include <boost/container/small_vector.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace mita::db {

class connection;

// Statements that are completed at one Sync, and who waits for them. Held by the waiting frame and by the queue, so
// neither dangles.
struct call {
    using clock = std::chrono::steady_clock;
    call(executor ex, std::vector<batch::item> what) : items(std::move(what)), done(ex) {}

    std::vector<batch::item> items;
    waiter done;                    // notified at the Sync, or when the connection is lost
    std::vector<rows> results;      // one per item when there is no failure
    std::optional<error> failure;   // the first error; nothing after it was executed
    bool unnamed = false;           // depends on no preparation: what a retry after stale_plan wants
    bool stale_plan = false;        // the failure came of the statement cache: nothing was executed, may run once more
    bool lost = false;              // the connection went before the Sync
    bool alone = false;             // has its Sync to itself, whatever its statements allow
    bool skipped = false;           // a neighbour under the same Sync failed: nothing was executed
    bool abandoned = false;         // nobody waits any more
    connection* on = nullptr;       // where it is in flight; null before and after
    std::function<void()> finally;  // posted by the connection at the end instead of notifying (clean-up calls)
    clock::time_point queued{};     // when it began to wait for a connection
    clock::time_point sent{};
    clock::time_point finished{};
};

class pipeline {
public:
    using clock = call::clock;
    struct step {
        std::uint32_t item;  // index into call::items
        std::uint32_t id;    // of the server-side name; 0 = unnamed
        bool prepare;
    };
    using steps = boost::container::small_vector<step, 2>;

    // prepared: false sends every statement unnamed.
    explicit pipeline(bool prepared) : prepared_(prepared) {}

    // What to send for `c`: each item's execution, preceded by its preparation on first use. Remembers the preparation.
    steps plan(const call& c);
    // `c` is sent with these steps; synced: and with a Sync, else the Sync of a later one, or sync(), completes it.
    void push(std::shared_ptr<call> c, steps s, clock::time_point now, bool synced = true);
    // A Sync was sent after the last one.
    void sync();

    // The server's answers, in order. False: an answer nobody asked for, the connection is out of step and must be
    // closed.
    [[nodiscard]] bool on_rows(rows r);
    [[nodiscard]] bool on_error(error e, bool stale_plan);
    [[nodiscard]] bool on_aborted();
    // The next Sync. Empty when out of step; else the calls it completes or shows to be skipped, not yet notified.
    using calls = boost::container::small_vector<std::shared_ptr<call>, 1>;
    [[nodiscard]] calls on_sync(clock::time_point now);
    // Takes every call out, failed: with the error it already met, else with `e` and `lost`. Not yet notified.
    std::vector<std::shared_ptr<call>> fail_all(const error& e, clock::time_point now);

    // The waiter left; the results will be dropped. `c` is in flight here.
    void abandon(call& c);
    // The server lost our statements (DEALLOCATE ALL, a new plan's result type): all are prepared again under new
    // names.
    void forget_statements() { known_.clear(); }

    bool empty() const { return flights_.empty(); }
    std::size_t size() const { return flights_.size(); }
    std::size_t abandoned() const { return abandoned_; }
    // Since when the head has been the server's current work; meaningless when empty.
    clock::time_point head_since() const { return head_since_; }
    // Statements of the longest call up to the next Sync: each may take the server's statement_timeout. Calls that
    // share a Sync are brief and count as one, else a silent link with many of them would be waited for for minutes.
    std::size_t head_steps() const;
    // The statement the next answer belongs to, for messages; null when out of step.
    const statement* current() const;

private:
    struct flight {
        std::shared_ptr<call> who;
        steps todo;
        bool synced;
        std::size_t next = 0;
    };
    flight* answering();
    void forget(const flight& f, const step& s);

    bool prepared_;
    std::deque<flight> flights_;
    std::size_t answered_ = 0;  // flights at the front that have all their answers and wait for the Sync
    std::unordered_map<const statement*, std::uint32_t> known_;
    std::uint32_t last_id_ = 0;
    std::size_t abandoned_ = 0;
    clock::time_point head_since_{};
};

}  // namespace mita::db
