#include "core/repeated_job.hpp"

#include "core/log_failure.hpp"

#include <exception>
#include <utility>

namespace mita {

repeated_job::repeated_job(executor ex, logger& log, std::string name, pause_length pause, run_once job)
    : timer_(ex), ended_(ex), log_(log), name_(std::move(name)), pause_(std::move(pause)), job_(std::move(job)) {}

awaitable<void> repeated_job::run() {
    while (!stopping_) {
        timer_.expires_after(pause_());
        error_code ec;
        co_await timer_.async_wait(to(ec));
        if (stopping_) break;  // the flag decides: expiry and cancellation may cross
        try {
            co_await job_();
        } catch (...) {
            log_failure(log_, "job_failed", name_, std::current_exception());
        }
    }
    ended_.notify();
}

awaitable<void> repeated_job::stop(deadline d) {
    stopping_ = true;
    timer_.cancel();
    co_await ended_.wait(d);
}

}  // namespace mita
