// A bounded thread pool for work over 1 ms of CPU, off the event loops, and offload(): run there, resume here.
// The queue has a bound and drops jobs whose deadline passed before they start. Thread-safe.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace mita {

class cpu_pool {
public:
    // nice: added to the threads' niceness (Linux: per thread), so that event loops win the processor.
    cpu_pool(unsigned threads, std::size_t max_queued, int nice = 0);
    ~cpu_pool();  // joins: finishes running jobs, abandons queued ones through their `dropped`
    cpu_pool(const cpu_pool&) = delete;
    cpu_pool& operator=(const cpu_pool&) = delete;

    // False when the queue is full: nothing is called. Else `run` is called on a pool thread, or `dropped` if the
    // deadline passed (or the pool stops) before it started. Exactly one of the two; neither may throw.
    bool submit(deadline d, std::function<void()> run, std::function<void()> dropped);

    std::size_t queued() const;
    std::size_t running() const;
    unsigned threads() const;

private:
    void work(int nice);
    struct job {
        deadline d;
        std::function<void()> run, dropped;
    };
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<job> queue_;
    std::size_t max_queued_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

// Runs f() on the pool and resumes on the caller's own executor (unlike `co_await post(pool, use_awaitable)`, which
// resumes on the I/O thread before the work). Throws overloaded when the queue is full, deadline_exceeded when the job
// was dropped, or what f throws. f must be copyable and self-contained; a started job is never interrupted.
template <class F>
awaitable<std::invoke_result_t<F>> offload(cpu_pool& pool, deadline d, F f);

}  // namespace mita


