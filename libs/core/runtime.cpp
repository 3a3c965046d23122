#include "core/runtime.hpp"

#include "core/scheduling.hpp"
#include "core/signal_mask.hpp"
#include "core/waiter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <utility>

namespace mita {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using signal_set = asio::basic_signal_set<executor>;

constexpr auto tick_every = 100ms;
constexpr double tick_weight = 0.2;  // of the newest tick in the average

void log_failure(logger& log, std::string_view event, std::string_view task, const std::exception_ptr& error) {
    auto line = log.error(event);
    line.with("task", task);
    try {
        std::rethrow_exception(error);
    } catch (const std::exception& e) {
        line.with("reason", e.what());
    } catch (...) {
        line.with("reason", "not a std::exception");
    }
}

// Keeps a coroutine's function object alive as long as the coroutine.
awaitable<void> run_task(std::function<awaitable<void>()> task) { co_await task(); }
awaitable<void> run_hook(std::function<awaitable<void>(deadline)> hook, deadline d) { co_await hook(d); }

void run_context(asio::io_context& context, logger& log) {
    ask_for_short_turns();
    for (;;) {
        try {
            context.run();
            return;
        } catch (...) {  // a plain handler threw: the loop must not die of it
            log_failure(log, "handler_failed", "event loop", std::current_exception());
        }
    }
}

// A worker's beat. Besides measuring it is the work that keeps the context running until the stop is through.
struct heart {
    explicit heart(executor ex) : timer(ex) {}
    steady_timer timer;
    bool ending = false;  // the worker's thread only
};

awaitable<void> announce(runtime& rt, logger& log, std::function<bool()> ready) {
    while (!ready()) {
        if (rt.stopping()) co_return;
        waiter pause(rt.at(0).get_executor());
        co_await pause.wait(deadline::after(5ms));
    }
    log.info("ready").with("after_ms", rt.age().count() * 1000);
}

awaitable<void> beat(heart* h, std::atomic<double>* lag) {
    auto due = steady::now() + tick_every;
    while (!h->ending) {
        h->timer.expires_at(due);
        error_code ec;
        co_await h->timer.async_wait(to(ec));
        if (h->ending) break;
        const auto now = steady::now();
        const double late = std::max(0.0, std::chrono::duration<double>(now - due).count());
        lag->store(lag->load(std::memory_order_relaxed) * (1 - tick_weight) + late * tick_weight,
                   std::memory_order_relaxed);
        due = std::max(due, now) + tick_every;
    }
}

// Counts a stage's hooks down. Lives on worker 0, where each hook's end is posted.
struct countdown {
    countdown(executor ex, std::size_t n) : all(ex), open(n) {}
    waiter all;
    std::size_t open;
};

void hook_ended(const std::shared_ptr<countdown>& state) {
    asio::post(state->all.get_executor(), [state] {
        if (--state->open == 0) state->all.notify();
    });
}

}  // namespace

struct runtime::impl {
    impl(runtime& owner, logger& to, std::chrono::milliseconds drain, std::chrono::milliseconds grace)
        : self(owner), log(to), drain_time(drain), hard_grace(grace) {}

    struct hook {
        stop_stage stage;
        unsigned worker;
        std::function<awaitable<void>(deadline)> run;
    };

    runtime& self;
    logger& log;
    std::chrono::milliseconds drain_time;
    std::chrono::milliseconds hard_grace;
    std::vector<hook> hooks;
    std::vector<std::function<void()>> reloads;
    std::vector<std::unique_ptr<heart>> hearts;
    std::unique_ptr<signal_set> signals;
    bool stages_done = false;  // worker 0's

    // The guard thread's: it ends run() when the loops do not.
    std::mutex mutex;
    std::condition_variable changed;
    bool stop_begun = false;
    bool finished = false;
    bool abandoned = false;

    void begin_stop(std::string_view reason) {
        if (self.stopping_.exchange(true)) return;
        log.info("stopping").with("reason", reason).with("drain_ms", std::int64_t{drain_time.count()});
        {
            const std::lock_guard lock(mutex);
            stop_begun = true;
        }
        changed.notify_all();
        spawn_logged(self.at(0).get_executor(), log, "stop", stop(this));
    }

    static awaitable<void> watch_signals(impl* i) {
        while (!i->stages_done) {  // a stop without hooks is over before begin_stop returns here, and cancels no wait
            error_code ec;
            const int number = co_await i->signals->async_wait(to(ec));
            if (ec) co_return;
            if (number == SIGHUP)
                i->reload();
            else
                i->begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
        }
    }

    void reload() {
        log.info("reloading");
        for (const auto& call : reloads) {
            try {
                call();
            } catch (...) {
                log_failure(log, "reload_failed", "reload", std::current_exception());
            }
        }
    }

    static awaitable<void> stop(impl* i) {
        const auto drained_by = deadline::after(i->drain_time);
        co_await run_stage(i, stop_stage::drain, drained_by);
        const auto closed_by = deadline::after(i->hard_grace * 3 / 5);
        co_await run_stage(i, stop_stage::close, closed_by);
        i->stages_done = true;
        i->signals->cancel();
        for (unsigned w = 0; w < i->self.size(); ++w) {
            auto* h = i->hearts[w].get();
            asio::post(i->self.at(w).get_executor(), [h] {
                h->ending = true;
                h->timer.cancel();
            });
        }
    }

    static awaitable<void> run_stage(impl* i, stop_stage stage, deadline d) {
        const auto wanted = [stage](const hook& h) { return h.stage == stage; };
        const auto n = std::count_if(i->hooks.begin(), i->hooks.end(), wanted);
        if (n == 0) co_return;
        const char* name = stage == stop_stage::drain ? "drain" : "close";
        const auto state = std::make_shared<countdown>(i->self.at(0).get_executor(), static_cast<std::size_t>(n));
        for (const auto& h : i->hooks) {
            if (h.stage != stage) continue;
            auto* to_log = &i->log;
            asio::co_spawn(i->self.at(h.worker).get_executor(), run_hook(h.run, d),
                           [state, to_log, name](std::exception_ptr error) {
                               if (error) log_failure(*to_log, "stop_hook_failed", name, error);
                               hook_ended(state);
                           });
        }
        const bool all = co_await state->all.wait(d);
        if (!all) i->log.warn("stop_stage_late").with("stage", name).with("open", static_cast<int>(state->open));
    }

    // On its own thread. Only when the loops outlast the hard limit does it act: first it ends the loops with their
    // frames left as they are, then, if a loop is blocked in a call, the process.
    void guard() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [this] { return stop_begun || finished; });
        if (changed.wait_for(lock, drain_time + hard_grace, [this] { return finished; })) return;
        abandoned = true;
        log.error("stop_abandoned").with("after_ms", std::int64_t{(drain_time + hard_grace).count()});
        for (unsigned w = 0; w < self.size(); ++w) self.at(w).context().stop();
        if (changed.wait_for(lock, 1s, [this] { return finished; })) return;
        log.error("stop_stuck");
        log.flush();
        ::_exit(1);
    }
};

runtime::runtime(unsigned workers, logger& log, std::chrono::milliseconds drain_time,
                 std::chrono::milliseconds hard_grace)
    : impl_(std::make_unique<impl>(*this, log, drain_time, hard_grace)) {
    const unsigned n = std::max(1u, workers);
    for (unsigned i = 0; i < n; ++i) {
        workers_.push_back(std::make_unique<worker>(i));
        impl_->hearts.push_back(std::make_unique<heart>(workers_.back()->get_executor()));
    }
}

runtime::~runtime() {
    const bool abandoned = impl_->abandoned;
    impl_.reset();
    // Frames left alive may refer to what is gone by now, so they are never destroyed: the process ends right after.
    if (abandoned)
        for (auto& w : workers_) static_cast<void>(w.release());
}

void runtime::on_stop(stop_stage stage, unsigned i, std::function<awaitable<void>(deadline)> hook) {
    impl_->hooks.push_back(impl::hook{stage, i, std::move(hook)});
}

void runtime::on_reload(std::function<void()> hook) { impl_->reloads.push_back(std::move(hook)); }

void runtime::spawn(unsigned i, std::string name, std::function<awaitable<void>()> task) {
    auto* log = &impl_->log;
    asio::co_spawn(at(i).get_executor(), run_task(std::move(task)),
                   [log, name = std::move(name)](std::exception_ptr error) {
                       if (error) log_failure(*log, "task_failed", name, error);
                   });
}

void runtime::announce_ready(std::function<bool()> ready) {
    spawn(0, "announce_ready", [this, ready = std::move(ready)] { return announce(*this, impl_->log, ready); });
}

double runtime::lag_seconds() const {
    double lag = 0;
    for (const auto& w : workers_) lag = std::max(lag, w->lag_seconds());
    return lag;
}

int runtime::run() {
    auto& i = *impl_;
    std::signal(SIGPIPE, SIG_IGN);
    i.signals = std::make_unique<signal_set>(at(0).get_executor(), SIGTERM, SIGINT, SIGHUP);
    spawn_logged(at(0).get_executor(), i.log, "signals", impl::watch_signals(&i));
    for (unsigned w = 0; w < size(); ++w)
        spawn_logged(at(w).get_executor(), i.log, "tick", beat(i.hearts[w].get(), &at(w).lag_));

    std::thread guard;
    std::vector<std::thread> threads;
    {
        const signals_blocked mask;  // signals arrive on the calling thread only
        guard = std::thread([&i] { i.guard(); });
        for (unsigned w = 1; w < size(); ++w) {
            threads.emplace_back([this, w, &i] { run_context(at(w).context(), i.log); });
            ::pthread_setname_np(threads.back().native_handle(), ("worker-" + std::to_string(w)).c_str());
        }
    }

    run_context(at(0).context(), i.log);
    for (auto& t : threads) t.join();
    bool abandoned = false;
    {
        const std::lock_guard lock(i.mutex);
        i.finished = true;
        abandoned = i.abandoned;
    }
    i.changed.notify_all();
    guard.join();
    if (!abandoned) i.log.info("stopped");
    return abandoned ? 1 : 0;
}

void runtime::request_stop() {
    asio::post(at(0).get_executor(), [i = impl_.get()] { i->begin_stop("request"); });
}

void spawn_logged(executor ex, logger& log, const char* name, awaitable<void> task) {
    asio::co_spawn(ex, std::move(task), [to_log = &log, name](std::exception_ptr error) {
        if (error) log_failure(*to_log, "task_failed", name, error);
    });
}

}  // namespace mita
