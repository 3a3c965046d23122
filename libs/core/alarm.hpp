// A timer that calls back and takes no memory for it: for what must go on when there is none, where a coroutine would
// end, since its frames and its waits are allocated. Used by loops that live as long as the process: beats, ticks,
// pauses. On its executor's thread only.
#pragma once

#include "core/async.hpp"
#include "core/op_memory.hpp"

#include <boost/asio/bind_allocator.hpp>

#include <chrono>
#include <utility>

namespace mita {

class alarm {
public:
    explicit alarm(executor ex) : timer_(ex) {}

    // Calls f() at `at`, or as soon as ring() came. One at a time: not before the former call. What f holds keeps the
    // alarm alive, if it is to outlive its owner.
    template <class F>
    void set(std::chrono::steady_clock::time_point at, F f) {
        timer_.expires_at(at);
        timer_.async_wait(
            asio::bind_allocator(op_allocator<void>(memory_), [f = std::move(f)](error_code) mutable { f(); }));
    }
    template <class F>
    void set(std::chrono::steady_clock::duration after, F f) {
        set(std::chrono::steady_clock::now() + after, std::move(f));
    }
    void ring() { timer_.cancel(); }
    executor get_executor() { return timer_.get_executor(); }

private:
    op_memory memory_;
    steady_timer timer_;
};

}  // namespace mita
