// One piece of work, many who wait for it, on any worker: each waits on its own executor under its own deadline, and
// leaving early harms nobody. Used by the cache for loads and by jwt for the JWKS refetch. Thread-safe.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/waiter.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace mita::cache {

template <class T>
class flight {
public:
    // Gives the result to all who wait and will wait; the first call counts. Exactly one of value and error matters.
    void finish(T value, std::exception_ptr error) {
        std::vector<std::shared_ptr<pending>> all;
        {
            const std::lock_guard lock(mutex_);
            if (done_) return;
            value_ = std::move(value);
            error_ = std::move(error);
            done_ = true;
            all.swap(waiting_);
        }
        for (auto& p : all) wake(std::move(p));
    }

    // The work was dropped with its executor (only while a process ends): nobody is woken, deadlines end the waits.
    void abandon() {
        std::vector<std::shared_ptr<pending>> all;
        const std::lock_guard lock(mutex_);
        all.swap(waiting_);
    }

    // The result, or what the work threw; deadline_exceeded when `d` comes first. Resumes on the caller's executor.
    static awaitable<T> wait(std::shared_ptr<flight> self, deadline d) {
        executor ex = co_await asio::this_coro::executor;
        const std::shared_ptr<pending> me = self->join(ex);
        const bool came = co_await me->ready.wait(d);
        if (!came) {
            self->leave(*me);
            throw deadline_exceeded("deadline exceeded while waiting for a load");
        }
        if (self->error_) std::rethrow_exception(self->error_);
        co_return self->value_;
    }

    std::size_t waiting() const {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }

private:
    struct pending {
        explicit pending(executor ex) : ready(ex) {}
        waiter ready;          // used on its own executor only
        std::size_t slot = 0;  // in waiting_, under the mutex
    };

    std::shared_ptr<pending> join(executor ex) {
        auto me = std::make_shared<pending>(ex);
        const std::lock_guard lock(mutex_);
        if (done_) {
            me->ready.notify();
        } else {
            me->slot = waiting_.size();
            waiting_.push_back(me);
        }
        return me;
    }

    void leave(const pending& me) {
        const std::lock_guard lock(mutex_);
        if (me.slot >= waiting_.size() || waiting_[me.slot].get() != &me) return;
        waiting_[me.slot] = std::move(waiting_.back());
        waiting_[me.slot]->slot = me.slot;
        waiting_.pop_back();
    }

    static void wake(std::shared_ptr<pending> p) {
        const executor ex = p->ready.get_executor();
        asio::post(ex, [p = std::move(p)] { p->ready.notify(); });
    }

    mutable std::mutex mutex_;
    std::vector<std::shared_ptr<pending>> waiting_;
    bool done_ = false;
    T value_{};  // written once before done_, read only by those who saw it
    std::exception_ptr error_;
};

}  // namespace mita::cache
