// Coroutine face of the pool: run() submits a job and resumes on the caller's own executor, never on a pool thread.
// Used by password_hasher.
#pragma once

#include "auth/hashing/pool.hpp"
#include "core/async.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <memory>
#include <utility>

namespace mita::hashing {

namespace detail {

// Submits; the completion is posted to the handler's executor, kept alive meanwhile. Cancelling the waiting coroutine
// sets the job's flag: it is dropped at the next look, and the coroutine resumes with dropped_cancelled.
struct submit_op {
    template <class Handler>
    void operator()(Handler handler, pool* where, ticket t, job j) const {
        auto ex = asio::get_associated_executor(handler);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
            if (!j.cancelled) j.cancelled = make_cancel_flag();
            slot.assign(
                [flag = j.cancelled](asio::cancellation_type) { flag->store(true, std::memory_order_relaxed); });
        }
        auto guard = asio::make_work_guard(ex);
        auto then = make_completion([h = std::move(handler), g = std::move(guard)](result&& r) mutable {
            asio::post(g.get_executor(),
                       [h2 = std::move(h), r2 = std::move(r)]() mutable { std::move(h2)(std::move(r2)); });
            g.reset();
        });
        where->submit(std::move(t), std::move(j), std::move(then));
    }
};

}  // namespace detail

// Resumes with the job's result, dropped_* and failed included; throws nothing of its own. Pool and executor must
// outlive it.
inline awaitable<result> run(pool& where, ticket t, job j) {
    pool* const p = &where;
    result r = co_await asio::async_initiate<const asio::use_awaitable_t<executor>&, void(result)>(
        detail::submit_op{}, use_awaitable, p, std::move(t), std::move(j));
    co_return r;
}

}  // namespace mita::hashing
