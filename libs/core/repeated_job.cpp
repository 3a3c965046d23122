#include "core/repeated_job.hpp"

#include "core/log_failure.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <utility>

namespace mita {

repeated_job::repeated_job(executor ex, logger& log, std::string name, pause_length pause, run_once job)
    : pause_over_(ex), ended_(ex), log_(log), name_(std::move(name)), pause_(std::move(pause)), job_(std::move(job)) {}

void repeated_job::start() { rest(); }

void repeated_job::halt() {
    stopping_ = true;
    pause_over_.ring();
}

awaitable<void> repeated_job::stop(deadline d) {
    halt();
    co_await ended_.wait(d);
}

// A run, from its beginning to wherever it ends: the next pause begins with that.
class repeated_job::turn {
public:
    explicit turn(std::shared_ptr<repeated_job> of) : of_(std::move(of)) {}
    turn(turn&&) = default;
    turn& operator=(turn&&) = delete;
    ~turn() {
        if (of_ != nullptr) of_->rest();
    }
    repeated_job& job() const { return *of_; }

private:
    std::shared_ptr<repeated_job> of_;
};

void repeated_job::rest() {
    if (stopping_) return ended_.notify();
    pause_over_.set(pause_(), [self = shared_from_this()] { self->begin(); });
}

void repeated_job::begin() {
    if (stopping_) return ended_.notify();  // the flag decides: expiry and cancellation may cross
    try {
        turn now(shared_from_this());
        asio::co_spawn(pause_over_.get_executor(), run(std::move(now)), [](std::exception_ptr) {});
    } catch (...) {
        log_failure(log_, "job_failed", name_, std::current_exception());
    }
}

awaitable<void> repeated_job::run(turn now) {
    repeated_job& j = now.job();
    try {
        co_await j.job_();
    } catch (...) {
        log_failure(j.log_, "job_failed", j.name_, std::current_exception());
    }
}

repeated_job::pause_length at_once_then(std::chrono::milliseconds anew) {
    return [anew, begun = false]() mutable { return std::exchange(begun, true) ? anew : std::chrono::milliseconds(0); };
}

}  // namespace mita
