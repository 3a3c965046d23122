// The hashing pool: threads of lower priority that run up to six bcrypt hashes each, interleaved, behind a bounded,
// fair queue. Used by the auth service through password_hasher (coroutines: async.hpp). Thread-safe. Promises: a
// refusal costs microseconds and comes before any look at the account; whoever holds a ticket has a place; each job
// completes exactly once.
#pragma once

#include "auth/hashing/instruments.hpp"
#include "auth/hashing/job.hpp"
#include "auth/hashing/stats.hpp"
#include "core/deadline.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace mita::hashing {

class pool;
struct lane_kernels;

struct pool_options {
    unsigned threads = 1;          // platform::derived.hashing_threads
    int nice = 5;                  // added to each thread's niceness: event loops win the processor
    std::size_t max_queued = 256;  // logins holding a ticket or waiting; a quarter more for register_reset
    unsigned expected_cost = 12;   // bcrypt cost that admission assumes: the policy's
    bool expects_argon2 = false;   // the policy is argon2id: admission assumes `argon2` instead
    argon2::params argon2{};
    std::size_t argon2_memory = 64ULL << 20;  // bytes for argon2 hashes running at once (at least one runs)
    instruments times;                        // must outlive the pool
    const lane_kernels* kernels = nullptr;    // null: the best that this processor can run
    bool libxcrypt_only = false;              // an operator who does not trust the lanes
};

// A place in the queue, given by admit() before the account is looked up. Consumed by submit(), else given back when it
// goes. May outlive the pool.
class ticket {
public:
    ticket(ticket&&) noexcept = default;
    ticket& operator=(ticket&& other) noexcept;
    ~ticket();

    job_class kind() const { return kind_; }
    deadline until() const { return until_; }

private:
    friend class pool;
    struct slot;
    ticket(std::shared_ptr<slot> s, job_class k, std::uint64_t client, deadline d);
    void give_back() noexcept;

    std::shared_ptr<slot> slot_;
    job_class kind_;
    std::uint64_t client_;
    deadline until_;
};

struct admission {
    std::optional<ticket> place;            // empty: refused
    std::chrono::nanoseconds predicted{0};  // from now to the answer: wait and hash
    unsigned retry_after = 0;               // seconds, ≥ 1 when refused: for 503 + Retry-After
    shed_reason why = shed_reason::none;
    explicit operator bool() const { return place.has_value(); }
};

class pool {
public:
    // Tests each lane width against crypt_r, measures, starts the threads: some 30 ms.
    explicit pool(pool_options o);
    // Running and waiting jobs complete as dropped_cancelled, then joins. Let requests drain first; destroy the pool
    // before the io_contexts whose coroutines wait on it.
    ~pool();
    pool(const pool&) = delete;
    pool& operator=(const pool&) = delete;

    // Would a job of this class, begun now, be answered by `d`? Decided by work waiting and running over the measured
    // speed, never by who the account is. client: fairness bucket of the address (its /24 or /64 as a number). An idle
    // pool always says yes. Microseconds, never blocks on a hash.
    admission admit(job_class k, std::uint64_t client, deadline d);

    // Queues the job under the ticket's class, client and deadline; `then` is called exactly once on a pool thread,
    // never from within submit(): match, mismatch, hashed, dropped_* or failed. It must not throw nor block.
    void submit(ticket t, job j, std::unique_ptr<completion> then);

    // Expected time of one hash at this bcrypt cost running alone; follows the measured speed.
    std::chrono::nanoseconds expected_time(unsigned cost) const;

    kernel_status kernel() const;
    pool_stats stats() const;

    struct state;  // pool_state.hpp; nobody's business

private:
    std::shared_ptr<state> state_;
};

}  // namespace mita::hashing
