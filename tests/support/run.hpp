// Runs a coroutine to its end in an io_context of its own and hands back its result or rethrows its exception.
// Used by all unit suites:  const auto row = run(store.find(id, soon()));   or, with the executor at hand:
// run([&](mita::executor ex) -> mita::awaitable<> { ... });   A coroutine not finished after 30 s fails the test.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace mita::test {

inline constexpr std::chrono::seconds run_limit{30};

// A deadline no healthy test reaches.
inline deadline soon() { return deadline::after(std::chrono::seconds(10)); }

namespace detail {

template <class T>
awaitable<void> store(awaitable<T> task, std::optional<T>* out) {
    out->emplace(co_await std::move(task));
}

inline void run_until_done(asio::io_context& context, awaitable<void> task) {
    bool done = false;
    std::exception_ptr error;
    asio::co_spawn(context.get_executor(), std::move(task), [&](std::exception_ptr e) {
        error = e;
        done = true;
    });
    context.restart();
    const auto end = std::chrono::steady_clock::now() + run_limit;
    while (!done && std::chrono::steady_clock::now() < end)
        if (context.run_one_until(end) == 0 && context.stopped()) context.restart();
    if (!done) throw std::runtime_error("run(): the coroutine did not finish");
    context.poll();  // what the coroutine left ready (closing handlers) ends too
    if (error) std::rethrow_exception(error);
}

// A context for one run(). Its frames are destroyed with it, while the test's objects live; the rest is kept for a
// while, for a pool's thread that has just posted the result may still be inside post() when the coroutine has already
// gone on.
class own_context {
public:
    own_context() : context_(std::make_unique<context>()) {}
    ~own_context() {
        static std::mutex mutex;
        static std::deque<std::unique_ptr<context>> retired;
        context_->shutdown();
        const std::lock_guard lock(mutex);
        retired.push_back(std::move(context_));
        if (retired.size() > 32) retired.pop_front();
    }
    own_context(const own_context&) = delete;
    own_context& operator=(const own_context&) = delete;
    asio::io_context& operator*() { return *context_; }

private:
    struct context : asio::io_context {
        context() : asio::io_context(1) {}
        using asio::io_context::shutdown;
    };
    std::unique_ptr<context> context_;
};

template <class A>
struct awaited;
template <class T, class E>
struct awaited<asio::awaitable<T, E>> {
    using type = T;
};

}  // namespace detail

// In a context the test holds, so that objects living in it may outlast the call.
template <class T>
T run(asio::io_context& context, awaitable<T> task) {
    if constexpr (std::is_void_v<T>) {
        detail::run_until_done(context, std::move(task));
    } else {
        std::optional<T> out;
        detail::run_until_done(context, detail::store(std::move(task), &out));
        return std::move(*out);
    }
}

template <class T>
T run(awaitable<T> task) {
    detail::own_context context;
    return run(*context, std::move(task));
}

// f(executor) makes the coroutine; f lives until it ends, so capturing by reference is safe here.
template <class F>
    requires std::is_invocable_v<F&, executor>
auto run(F f) -> typename detail::awaited<std::invoke_result_t<F&, executor>>::type {
    detail::own_context context;
    return run(*context, f((*context).get_executor()));
}

}  // namespace mita::test
