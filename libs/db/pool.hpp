// The database as a worker sees it: two lanes over libpq, no locks, no strands (one pool per worker, used on its thread
// only). Pipelined lane: 1-2 connections, single short statements, one Sync each, so errors stay apart. Exclusive lane:
// lazy connections handed FIFO to the first waiter, for transactions. Both are bounded, reconnect by themselves with
// backoff and jitter, and every wait ends at the caller's deadline. Throws db::error, deadline_exceeded, overloaded.
#pragma once

#include "core/async.hpp"
#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/batch.hpp"
#include "db/error.hpp"
#include "db/params.hpp"
#include "db/row.hpp"
#include "db/statement.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mita::db {

struct pool_options {
    pool_options() = default;
    secret url;  // postgresql://... or a keyword string; several hosts allowed
    std::string application_name = "mita";
    std::string search_path;         // the service's schema, set in the startup packet
    unsigned pipelined = 2;          // connections in the pipelined lane
    unsigned exclusive = 4;          // most connections in the exclusive lane
    std::size_t max_in_flight = 64;  // per pipelined connection
    std::size_t max_waiting = 256;   // callers waiting, per lane; beyond: overloaded
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds statement_timeout{2000};
    std::chrono::milliseconds idle_in_transaction_timeout{5000};
    std::chrono::milliseconds outage_grace{
        1000};                                // callers wait so long for a database that went away; then 08001 at once
    std::chrono::minutes max_lifetime{30};    // of a connection, less up to a quarter at random
    std::chrono::seconds exclusive_idle{60};  // an exclusive connection idle for longer is closed
    bool prepared = true;                     // MITA_DB_PREPARED=off for old transaction-mode poolers
    bool generic_plans = false;               // plan each prepared statement once, whatever the parameters
};

struct pool_stats {
    std::uint64_t connected = 0, in_use = 0, waiting = 0, size = 0;
    double utilization = 0;            // of the fuller lane: calls in flight of all it takes, connections lent of all
    std::int64_t last_ok_unix_ms = 0;  // the last successful reply
    double wait_p99_ms = 0;            // for a connection, in the last minute
    std::string state;                 // connected | disconnected | connecting
};

class pool_core;
struct transaction_core;

// An exclusive connection inside BEGIN. Rolled back on destruction unless commit() returned. Move-only; one statement
// at a time.
class transaction {
public:
    transaction(transaction&&) noexcept;
    transaction& operator=(transaction&&) noexcept;
    ~transaction();

    template <class... Args>
    awaitable<rows> query(const statement& s, const Args&... args) {
        return run(&s, params::of(args...));
    }
    // All statements in one round trip; results in order. The first error throws and the transaction is aborted.
    awaitable<std::vector<rows>> run_batch(batch b);
    // Throws when the commit did not happen. When the connection is lost or the deadline passes while the COMMIT is
    // under way, the outcome is unknown: db::error 08007.
    awaitable<void> commit();
    // Returns when the server has rolled back; the locks are free.
    awaitable<void> rollback();

private:
    friend class pool;
    explicit transaction(std::shared_ptr<transaction_core> core);
    awaitable<rows> run(const statement* s, params p);
    std::shared_ptr<transaction_core> core_;
};

class pool {
public:
    // Starts connecting at once in the background; lives and says `disconnected` while the database is away.
    pool(executor ex, pool_options options, logger& log, metrics::registry& metrics);
    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // One statement on the pipelined lane, autocommit. A statement whose deadline passes is abandoned: its result is
    // read and dropped, the connection stays good.
    template <class... Args>
    awaitable<rows> query(const statement& s, deadline d, const Args&... args) {
        return run(&s, d, params::of(args...));
    }
    // As query; for statements that only read or are idempotent: retried once when the connection was lost before the
    // answer.
    template <class... Args>
    awaitable<rows> query_idempotent(const statement& s, deadline d, const Args&... args) {
        return run_idempotent(&s, d, params::of(args...));
    }
    // One implicit transaction, one Sync, on the pipelined lane. Results in order; the first error throws and nothing
    // holds.
    awaitable<std::vector<rows>> run_batch(batch b, deadline d);
    // BEGIN on an exclusive connection (the BEGIN travels with the first statement: no extra round trip). The deadline
    // holds for every statement of the transaction and its commit.
    awaitable<transaction> begin(deadline d);

    pool_stats stats() const;  // any thread
    bool ready() const;        // any thread: at least one pipelined connection is up
    // Drains: finishes what is in flight until d, then closes every connection.
    awaitable<void> close(deadline d);

private:
    awaitable<rows> run(const statement* s, deadline d, params p);
    awaitable<rows> run_idempotent(const statement* s, deadline d, params p);
    static awaitable<transaction> begin_on(std::shared_ptr<pool_core> core, deadline d);
    std::shared_ptr<pool_core> core_;
};

}  // namespace mita::db
