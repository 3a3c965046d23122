// A bounded thread pool for work over 1 ms of CPU, off the event loops, and offload(): run there, resume here.
// The queue has a bound and drops jobs whose deadline passed before they start. Thread-safe.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
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

    // False when the queue is full (jobs past their deadline make room first): nothing of it is called. Else `run` is
    // called on a pool thread, or `dropped` on any thread if the deadline passed (or the pool stops) before it started.
    // Exactly one of the two; neither may throw.
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

namespace detail {

struct nothing {};

// One offloaded call. Made on the caller's thread, run on the pool's, and finished (handler and guard released) on the
// caller's.
template <class Handler, class F>
class offload_op : public std::enable_shared_from_this<offload_op<Handler, F>> {
public:
    using raw = std::invoke_result_t<F>;
    using result = std::conditional_t<std::is_void_v<raw>, nothing, raw>;

    offload_op(Handler handler, F f)
        : guard_(asio::make_work_guard(handler)), handler_(std::move(handler)), f_(std::move(f)) {}

    void run() {
        std::optional<result> value;
        std::exception_ptr error;
        try {
            if constexpr (std::is_void_v<raw>) {
                (*f_)();
                value.emplace();
            } else {
                value.emplace((*f_)());
            }
        } catch (...) {
            error = std::current_exception();
        }
        f_.reset();
        finish(error, std::move(value));
    }

    void finish(std::exception_ptr error, std::optional<result> value) {
        const auto ex = guard_.get_executor();
        asio::post(ex, [self = this->shared_from_this(), error, v = std::move(value)]() mutable {
            const auto guard = std::move(self->guard_);
            auto handler = std::move(self->handler_);
            self.reset();
            std::move(handler)(error, std::move(v));
        });
    }

private:
    asio::executor_work_guard<asio::associated_executor_t<Handler>> guard_;
    Handler handler_;
    std::optional<F> f_;
};

template <class F>
struct offload_start {
    cpu_pool* pool;
    deadline d;
    F f;

    template <class Handler>
    void operator()(Handler handler) {
        using op = offload_op<Handler, F>;
        const auto self = std::make_shared<op>(std::move(handler), std::move(f));
        const bool taken = pool->submit(
            d, [self] { self->run(); },
            [self] { self->finish(std::make_exception_ptr(deadline_exceeded()), std::nullopt); });
        if (!taken)
            self->finish(std::make_exception_ptr(overloaded("the processor pool's queue is full")), std::nullopt);
    }
};

}  // namespace detail

// Runs f() on the pool and resumes on the caller's own executor (unlike `co_await post(pool, use_awaitable)`, which
// resumes on the I/O thread before the work). Throws overloaded when the queue is full, deadline_exceeded when the job
// was dropped, or what f throws. f must be copyable and self-contained; a started job is never interrupted, and is
// waited for past the deadline. The pool must be destroyed before the callers' io_contexts.
template <class F>
awaitable<std::invoke_result_t<F>> offload(cpu_pool& pool, deadline d, F f) {
    using raw = std::invoke_result_t<F>;
    using result = std::conditional_t<std::is_void_v<raw>, detail::nothing, raw>;
    using signature = void(std::exception_ptr, std::optional<result>);
    detail::offload_start<F> start{&pool, d, std::move(f)};
    auto value = co_await asio::async_initiate<const asio::use_awaitable_t<executor>, signature>(std::move(start),
                                                                                                 use_awaitable);
    if constexpr (!std::is_void_v<raw>) co_return std::move(*value);
}

}  // namespace mita
