#include "core/stop_stages.hpp"

#include "core/log_failure.hpp"
#include "core/waiter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <utility>

namespace mita {
namespace {

// Keeps a hook's function object alive as long as its coroutine.
awaitable<void> run_hook(stop_stages::hook hook, deadline d) { co_await hook(d); }

// Counts a stage's hooks down. Lives on `home`, where each hook's end is posted.
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

void stop_stages::add(stop_stage stage, executor on, hook run) { hooks_.push_back(entry{stage, on, std::move(run)}); }

awaitable<void> stop_stages::run(stop_stage stage, executor home, deadline d) {
    const auto wanted = [stage](const entry& h) { return h.stage == stage; };
    const auto n = std::count_if(hooks_.begin(), hooks_.end(), wanted);
    if (n == 0) co_return;
    const char* name = stage == stop_stage::drain ? "drain" : "close";
    const auto state = std::make_shared<countdown>(home, static_cast<std::size_t>(n));
    for (const auto& h : hooks_) {
        if (h.stage != stage) continue;
        auto* to_log = &log_;
        asio::co_spawn(h.on, run_hook(h.run, d), [state, to_log, name](std::exception_ptr error) {
            if (error) log_failure(*to_log, "stop_hook_failed", name, error);
            hook_ended(state);
        });
    }
    const bool all = co_await state->all.wait(d);
    if (!all) log_.warn("stop_stage_late").with("stage", name).with("open", static_cast<int>(state->open));
}

}  // namespace mita
