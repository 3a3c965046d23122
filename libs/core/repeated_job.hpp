// One job run again and again on one worker: pause, run, pause. However a run ends, by its return, by what flies out of
// it (logged) or dropped for want of memory, the next comes as if nothing had been; two runs never overlap. stop() ends
// a pause at once and lets a run in progress come to its end. Used by runtime::every, and by what has a loop as long as
// its own life.
#pragma once

#include "core/alarm.hpp"
#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "core/waiter.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mita {

class repeated_job : public std::enable_shared_from_this<repeated_job> {
public:
    using pause_length = std::function<std::chrono::milliseconds()>;  // must not throw
    using run_once = std::function<awaitable<void>()>;

    repeated_job(executor ex, logger& log, std::string name, pause_length pause, run_once job);

    // All three on `ex`.
    void start();
    void halt();                       // no run begins any more
    awaitable<void> stop(deadline d);  // likewise; returns when no run is in progress, or at `d`

private:
    class turn;
    void rest();
    void begin();
    static awaitable<void> run(turn now);

    alarm pause_over_;
    waiter ended_;
    logger& log_;
    std::string name_;
    pause_length pause_;
    run_once job_;
    bool stopping_ = false;
};

// The pause of a loop that is not to end before it is stopped: none at first; should it end all the same, begun anew
// after so long.
repeated_job::pause_length at_once_then(std::chrono::milliseconds anew = std::chrono::seconds(1));

}  // namespace mita
