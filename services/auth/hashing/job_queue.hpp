// Jobs waiting for a lane, fair between clients: round robin over the clients that wait, each client's own jobs in
// order, or newest first once its oldest can no longer be answered in time. Pure and not thread-safe: the pool holds
// its lock around it.
#pragma once

#include "auth/hashing/job.hpp"
#include "core/deadline.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace mita::hashing {

struct waiting_job {
    job what;
    std::unique_ptr<completion> then;
    job_class kind;
    std::uint64_t client;
    deadline until;
    std::chrono::steady_clock::time_point since;
};

class job_queue {
public:
    using time_point = std::chrono::steady_clock::time_point;

    void push(waiting_job j);
    std::size_t size() const { return size_; }

    // The next job that may start, by the rule above. in_time(job): can it still be answered before its deadline?
    std::optional<waiting_job> pop(const std::function<bool(const waiting_job&)>& may_start,
                                   const std::function<bool(const waiting_job&)>& in_time);

    // Is there one that pop() would give?
    bool any(const std::function<bool(const waiting_job&)>& may_start) const;

    // Removes and returns those for which hopeless() holds: expired, cancelled, or sure to be late.
    std::vector<waiting_job> remove_if(const std::function<bool(const waiting_job&)>& hopeless);

    // Jobs that would start before one more job of this client: of every other client at most as many as it has itself,
    // plus one.
    std::size_t ahead_of(std::uint64_t client) const;

private:
    struct bucket {
        std::uint64_t client;
        std::deque<waiting_job> jobs;  // oldest first, never empty
    };
    std::deque<bucket> turns_;  // the front one is next
    std::size_t size_ = 0;
};

}  // namespace mita::hashing
