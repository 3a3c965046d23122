// How a coroutine waits for whatever happens first to what it owns, without a timer or a trip through the queue:
// handlers note down what happened and call(), the coroutine looks at the notes. One waits at a time, on one thread.
// Used by client_connection.
#pragma once

#include "core/async.hpp"

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace mita::http {

class wakeup {
public:
    wakeup() = default;
    ~wakeup() {
        if (run_ != nullptr) run_(place_.data(), false);
    }
    wakeup(const wakeup&) = delete;
    wakeup& operator=(const wakeup&) = delete;

    // Did call() come already? Ask before each wait().
    bool called() { return std::exchange(called_, false); }
    // Until call(). No coroutine of its own: a frame less for each wait.
    awaitable<void> wait() {
        return asio::async_initiate<const asio::use_awaitable_t<executor>&, void()>(
            [this](auto handler) { keep(std::move(handler)); }, use_awaitable);
    }

    // The last act of a handler that is run by the executor and owns nothing: the coroutine goes on inside.
    void call() {
        called_ = run_ == nullptr;
        if (!called_) std::exchange(run_, nullptr)(place_.data(), true);
    }

private:
    template <class Handler>
    void keep(Handler handler) {
        static_assert(sizeof(Handler) <= sizeof place_ && alignof(Handler) <= alignof(std::max_align_t));
        new (place_.data()) Handler(std::move(handler));
        run_ = [](void* at, bool resume) {
            auto* kept = std::launder(static_cast<Handler*>(at));
            Handler mine(std::move(*kept));
            kept->~Handler();
            if (resume) std::move(mine)();
        };
    }

    alignas(std::max_align_t) std::array<std::byte, 64> place_;
    void (*run_)(void*, bool) = nullptr;
    bool called_ = false;
};

}  // namespace mita::http
