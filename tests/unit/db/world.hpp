// What the database tests share: a context, a silent logger, a registry, options for the private cluster.
#pragma once

#include "core/error.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/pool.hpp"
#include "support/pg.hpp"
#include "support/run.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

namespace mita::test {

struct db_world {
    asio::io_context context{1};
    logger log{"test", std::getenv("DB_TEST_LOG") ? log_level::debug : log_level::off};
    metrics::registry metrics;

    executor ex() { return context.get_executor(); }

    static db::pool_options options(const std::string& url = cluster().url()) {
        db::pool_options o;
        o.url = secret(url);
        o.application_name = "mita-test";
        return o;
    }
    std::unique_ptr<db::pool> pool(db::pool_options o = options()) {
        return std::make_unique<db::pool>(ex(), std::move(o), log, metrics);
    }
    template <class T>
    T run(awaitable<T> task) {
        return test::run(context, std::move(task));
    }
    // Lets the loop turn for so long, or until the condition holds.
    template <class Condition>
    bool turn_until(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        context.restart();
        while (!holds() && std::chrono::steady_clock::now() < end) context.run_one_for(std::chrono::milliseconds(5));
        return holds();
    }
};

inline awaitable<void> sleep_for(std::chrono::milliseconds t) {
    steady_timer timer(co_await asio::this_coro::executor, t);
    co_await timer.async_wait(use_awaitable);
}

inline deadline in(std::chrono::milliseconds t) { return deadline::after(t); }

// What the awaitable throws, as text: a SQLSTATE, "deadline", "overloaded", or "" for nothing.
template <class T>
awaitable<std::string> outcome(awaitable<T> task) {
    try {
        co_await std::move(task);
    } catch (const db::error& e) {
        co_return e.sqlstate;
    } catch (const deadline_exceeded&) {
        co_return "deadline";
    } catch (const overloaded&) {
        co_return "overloaded";
    }
    co_return "";
}

// Starts a task beside the others; join() waits for all and rethrows the first exception.
class together {
public:
    explicit together(asio::io_context& context) : context_(context) {}
    void add(awaitable<void> task) {
        ++running_;
        asio::co_spawn(context_.get_executor(), std::move(task), [this](std::exception_ptr e) {
            --running_;
            if (e && !error_) error_ = e;
        });
    }
    int running() const { return running_; }
    void join(std::chrono::seconds limit = std::chrono::seconds(30)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        context_.restart();
        while (running_ > 0 && std::chrono::steady_clock::now() < end)
            context_.run_one_for(std::chrono::milliseconds(50));
        if (error_) std::rethrow_exception(error_);
        if (running_ > 0) throw std::runtime_error("join: tasks still running");
    }

private:
    asio::io_context& context_;
    int running_ = 0;
    std::exception_ptr error_;
};

}  // namespace mita::test
