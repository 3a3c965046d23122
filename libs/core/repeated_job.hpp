// One job run again and again on one worker: pause, run, pause. What flies out of a run is logged and the next run
// comes as if nothing had been; two runs never overlap. stop() ends a pause at once and lets a run in progress come to
// its end. Internal to libs/core: runtime::every makes them.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "core/waiter.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace mita {

class repeated_job {
public:
    using pause_length = std::function<std::chrono::milliseconds()>;
    using run_once = std::function<awaitable<void>()>;

    repeated_job(executor ex, logger& log, std::string name, pause_length pause, run_once job);

    awaitable<void> run();             // until stop(); on `ex`
    awaitable<void> stop(deadline d);  // on `ex`; returns when no run is in progress any more, or at `d`

private:
    steady_timer timer_;
    waiter ended_;
    logger& log_;
    std::string name_;
    pause_length pause_;
    run_once job_;
    bool stopping_ = false;
};

}  // namespace mita
