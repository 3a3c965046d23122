// Workers (a thread with an io_context of its own), signals and the orderly stop. Used by each service's main.
// Stop (SIGTERM, SIGINT or request_stop): hooks of stage `drain` on every worker (readiness off, acceptors closed,
// sessions finished), then of stage `close` (pools, feeds, timers), then every run() returns by itself. Never
// io_context::stop() with live frames.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mita {

class worker {
public:
    explicit worker(unsigned index) : index_(index), context_(1) {}
    asio::io_context& context() { return context_; }
    executor get_executor() { return context_.get_executor(); }
    unsigned index() const { return index_; }
    // Seconds the last 100 ms tick came late (EWMA): event_loop_lag.
    double lag_seconds() const { return lag_.load(std::memory_order_relaxed); }

private:
    friend class runtime;
    unsigned index_;
    asio::io_context context_;
    std::atomic<double> lag_{0};
};

enum class stop_stage { drain, close };

class runtime {
public:
    // hard_grace: how long after drain_time the close stage and the last frames may take before they are abandoned.
    runtime(unsigned workers, logger& log, std::chrono::milliseconds drain_time,
            std::chrono::milliseconds hard_grace = std::chrono::seconds(5));
    ~runtime();
    runtime(const runtime&) = delete;
    runtime& operator=(const runtime&) = delete;

    unsigned size() const { return static_cast<unsigned>(workers_.size()); }
    worker& at(unsigned i) { return *workers_[i]; }

    // Registers a hook to run on worker i when stopping; all hooks of a stage end (or its deadline passes) before the
    // next stage. An exception from a hook is logged. Call before run().
    void on_stop(stop_stage stage, unsigned i, std::function<awaitable<void>(deadline)> hook);
    // Runs a named coroutine on worker i from the start; when it ends with an exception that is logged as
    // `task_failed`.
    void spawn(unsigned i, std::string name, std::function<awaitable<void>()> task);

    // The one way to run a job again and again: on worker i, first after one `pause`, then each time that long after
    // the run before ended; runs never overlap. A stop ends the pause at once and waits, in stage `drain`, for a run in
    // progress: a job of many steps asks stopping() between them. An exception is logged as `job_failed`, and the job
    // goes on. Call before run().
    void every(unsigned i, std::string name, std::chrono::milliseconds pause, std::function<awaitable<void>()> job);
    // Likewise with a pause that is asked for anew each time, on that worker; it must not throw.
    void every(unsigned i, std::string name, std::function<std::chrono::milliseconds()> pause,
               std::function<awaitable<void>()> job);

    // Runs every worker (worker 0 on the calling thread) until the stop is complete. Returns 0, or 1 when the hard
    // limit (drain_time + hard_grace) had to abandon frames (logged); a loop blocked in a call then ends the process by
    // _exit(1).
    int run();
    // Thread-safe; as SIGTERM.
    void request_stop();
    bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
    // Logs `ready` with the time since this runtime was made, once `ready` is true (asked on worker 0): tests and
    // people wait for this line.
    void announce_ready(std::function<bool()> ready);
    double lag_seconds() const;  // of the worker that lags most; any thread
    std::chrono::duration<double> age() const { return std::chrono::steady_clock::now() - made_; }

private:
    struct impl;
    std::vector<std::unique_ptr<worker>> workers_;
    std::atomic<bool> stopping_{false};
    const std::chrono::steady_clock::time_point made_ = std::chrono::steady_clock::now();
    std::unique_ptr<impl> impl_;
};

// co_spawn with a completion handler that logs an exception as `task_failed`: the only way MITA starts a coroutine.
// `name` must be a literal.
void spawn_logged(executor ex, logger& log, const char* name, awaitable<void> task);

}  // namespace mita
