// The hard limit of a stop: when the loops outlast it, it ends them with their frames left as they are, then, if a loop
// is blocked in a call, the process. Internal to libs/core: runtime runs it on a thread of its own.
#pragma once

#include "core/log.hpp"
#include "core/runtime.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

namespace mita {

class stop_guard {
public:
    // limit: from the stop's beginning to the end of the last loop.
    stop_guard(const std::vector<std::unique_ptr<worker>>& workers, std::chrono::milliseconds limit, logger& log)
        : workers_(workers), limit_(limit), log_(log) {}

    void watch();                                  // the thread's whole life: returns when the loops have ended
    void stop_begun();                             // any thread
    bool loops_ended();                            // any thread; false: it was the guard who ended them
    bool abandoned() const { return abandoned_; }  // once watch() has returned

private:
    const std::vector<std::unique_ptr<worker>>& workers_;
    std::chrono::milliseconds limit_;
    logger& log_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool stop_begun_ = false;
    bool finished_ = false;
    bool abandoned_ = false;
};

}  // namespace mita
