#include "core/stop_guard.hpp"

#include <unistd.h>

namespace mita {

using namespace std::chrono_literals;

void stop_guard::watch() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stop_begun_ || finished_; });
    if (changed_.wait_for(lock, limit_, [this] { return finished_; })) return;
    abandoned_ = true;
    log_.error("stop_abandoned").with("after_ms", std::int64_t{limit_.count()});
    for (const auto& w : workers_) w->context().stop();
    if (changed_.wait_for(lock, 1s, [this] { return finished_; })) return;
    log_.error("stop_stuck");
    log_.flush();
    ::_exit(1);
}

void stop_guard::stop_begun() {
    {
        const std::lock_guard lock(mutex_);
        stop_begun_ = true;
    }
    changed_.notify_all();
}

bool stop_guard::loops_ended() {
    bool abandoned = false;
    {
        const std::lock_guard lock(mutex_);
        finished_ = true;
        abandoned = abandoned_;
    }
    changed_.notify_all();
    return !abandoned;
}

}  // namespace mita
