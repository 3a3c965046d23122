#include "core/runtime.hpp"

#include "core/alarm.hpp"
#include "core/log_failure.hpp"
#include "core/repeated_job.hpp"
#include "core/scheduling.hpp"
#include "core/service_manager.hpp"
#include "core/signal_mask.hpp"
#include "core/stop_guard.hpp"
#include "core/stop_stages.hpp"
#include "core/waiter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <utility>

namespace mita {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using signal_set = asio::basic_signal_set<executor>;

constexpr auto tick_every = 100ms;
constexpr double tick_weight = 0.2;  // of the newest tick in the average

// Keeps a coroutine's function object alive as long as the coroutine.
awaitable<void> run_task(std::function<awaitable<void>()> task) { co_await task(); }

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

// A worker's beat. Besides measuring it is the work that keeps the context running until the stop is through: it goes
// on whatever there is no memory for.
struct heart {
    explicit heart(worker& w) : of(w), next(w.get_executor()) {}
    worker& of;
    alarm next;
    std::function<void()> then;
    steady::time_point due = steady::now() + tick_every;
    bool ending = false;                                  // the worker's thread only
    std::atomic<steady::time_point> last{steady::now()};  // when it last beat; any thread
};

// Up is: the doors are open and the loop turns. Ready may take longer, as long as the database is away; a service
// manager that waited for it would end the service that waits.
awaitable<void> announce(runtime& rt, logger& log, const service_manager& manager, std::function<bool()> ready) {
    manager.tell("READY=1\nSTATUS=listening, not ready yet");
    while (!ready()) {
        if (rt.stopping()) co_return;
        waiter pause(rt.at(0).get_executor());
        co_await pause.wait(deadline::after(5ms));
    }
    manager.tell("STATUS=ready");
    log.info("ready").with("after_ms", rt.age().count() * 1000);
}

}  // namespace

struct runtime::impl {
    impl(runtime& owner, logger& to, std::chrono::milliseconds drain, std::chrono::milliseconds grace)
        : self(owner),
          log(to),
          drain_time(drain),
          hard_grace(grace),
          stages(to),
          guard(owner.workers_, drain + grace, to) {}

    runtime& self;
    logger& log;
    std::chrono::milliseconds drain_time;
    std::chrono::milliseconds hard_grace;
    stop_stages stages;
    stop_guard guard;
    std::vector<std::unique_ptr<heart>> hearts;
    std::unique_ptr<signal_set> signals;
    bool stages_done = false;  // worker 0's
    const service_manager manager;
    steady::time_point told_alive;  // worker 0's

    // On worker 0. A service manager that watches hears of us as long as every loop turns; else it ends us.
    void tell_alive() {
        const auto every = manager.watchdog();
        const auto now = steady::now();
        if (!every || now - told_alive < *every) return;
        const auto turns = [&](const auto& h) { return now - h->last.load(std::memory_order_relaxed) < *every; };
        if (!std::all_of(hearts.begin(), hearts.end(), turns)) return;
        manager.tell("WATCHDOG=1");
        told_alive = now;
    }

    static void beat(heart& h) {
        h.next.set(h.due, [&h] {
            if (h.ending) return;
            const auto now = steady::now();
            const double late = std::max(0.0, std::chrono::duration<double>(now - h.due).count());
            std::atomic<double>& lag = h.of.lag_;
            lag.store(lag.load(std::memory_order_relaxed) * (1 - tick_weight) + late * tick_weight,
                      std::memory_order_relaxed);
            h.due = std::max(h.due, now) + tick_every;
            h.last.store(now, std::memory_order_relaxed);
            beat(h);
            if (h.then) h.then();
        });
    }

    void begin_stop(std::string_view reason) {
        if (self.stopping_.exchange(true)) return;
        log.info("stopping").with("reason", reason).with("drain_ms", std::int64_t{drain_time.count()});
        manager.tell("STOPPING=1\nSTATUS=stopping");
        guard.stop_begun();
        spawn_logged(self.at(0).get_executor(), log, "stop", stop(this));
    }

    static awaitable<void> watch_signals(impl* i) {
        while (!i->stages_done) {  // a stop without hooks is over before begin_stop returns here, and cancels no wait
            error_code ec;
            const int number = co_await i->signals->async_wait(to(ec));
            if (ec) co_return;
            if (number == SIGHUP)
                i->log.info("hangup");  // it ends nothing, whoever else heeds it
            else
                i->begin_stop(number == SIGTERM ? "SIGTERM" : "SIGINT");
        }
    }

    static awaitable<void> stop(impl* i) {
        const executor home = i->self.at(0).get_executor();
        const auto drained_by = deadline::after(i->drain_time);
        co_await i->stages.run(stop_stage::drain, home, drained_by);
        const auto closed_by = deadline::after(i->hard_grace * 3 / 5);
        co_await i->stages.run(stop_stage::close, home, closed_by);
        i->stages_done = true;
        i->signals->cancel();
        for (unsigned w = 0; w < i->self.size(); ++w) {
            auto* h = i->hearts[w].get();
            asio::post(i->self.at(w).get_executor(), [h] {
                h->ending = true;
                h->next.ring();
            });
        }
    }
};

runtime::runtime(unsigned workers, logger& log, std::chrono::milliseconds drain_time,
                 std::chrono::milliseconds hard_grace)
    : impl_(std::make_unique<impl>(*this, log, drain_time, hard_grace)) {
    const unsigned n = std::max(1u, workers);
    for (unsigned i = 0; i < n; ++i) {
        workers_.push_back(std::make_unique<worker>(i));
        impl_->hearts.push_back(std::make_unique<heart>(*workers_.back()));
    }
}

runtime::~runtime() {
    const bool abandoned = impl_->guard.abandoned();
    impl_.reset();
    // Frames left alive may refer to what is gone by now, so they are never destroyed: the process ends right after.
    if (abandoned)
        for (auto& w : workers_) static_cast<void>(w.release());
}

void runtime::on_stop(stop_stage stage, unsigned i, std::function<awaitable<void>(deadline)> hook) {
    impl_->stages.add(stage, at(i).get_executor(), std::move(hook));
}

void runtime::spawn(unsigned i, std::string name, std::function<awaitable<void>()> task) {
    auto* log = &impl_->log;
    asio::co_spawn(at(i).get_executor(), run_task(std::move(task)),
                   [log, name = std::move(name)](std::exception_ptr error) {
                       if (error) log_failure(*log, "task_failed", name, error);
                   });
}

void runtime::every(unsigned i, std::string name, std::chrono::milliseconds pause,
                    std::function<awaitable<void>()> job) {
    every(i, std::move(name), [pause] { return pause; }, std::move(job));
}

void runtime::every(unsigned i, std::string name, std::function<std::chrono::milliseconds()> pause,
                    std::function<awaitable<void>()> job) {
    const auto repeated = std::make_shared<repeated_job>(at(i).get_executor(), impl_->log, std::move(name),
                                                         std::move(pause), std::move(job));
    repeated->start();  // no loop runs yet
    on_stop(stop_stage::drain, i, [repeated](deadline d) { return repeated->stop(d); });
}

void runtime::announce_ready(std::function<bool()> ready) {
    spawn(0, "announce_ready",
          [this, ready = std::move(ready)] { return announce(*this, impl_->log, impl_->manager, ready); });
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
    for (unsigned w = 0; w < size(); ++w) {
        heart& h = *i.hearts[w];
        if (w == 0 && i.manager.watchdog()) h.then = [&i] { i.tell_alive(); };
        h.due = steady::now() + tick_every;
        impl::beat(h);
    }

    std::thread guard;
    std::vector<std::thread> threads;
    {
        const signals_blocked mask;  // signals arrive on the calling thread only
        guard = std::thread([&i] { i.guard.watch(); });
        for (unsigned w = 1; w < size(); ++w) {
            threads.emplace_back([this, w, &i] { run_context(at(w).context(), i.log); });
            ::pthread_setname_np(threads.back().native_handle(), ("worker-" + std::to_string(w)).c_str());
        }
    }

    run_context(at(0).context(), i.log);
    for (auto& t : threads) t.join();
    const bool orderly = i.guard.loops_ended();
    guard.join();
    if (orderly) i.log.info("stopped");
    return orderly ? 0 : 1;
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
