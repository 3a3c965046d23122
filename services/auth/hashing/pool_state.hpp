// Inside of the pool, shared by pool.cpp (admission, submission, figures) and worker.cpp (the threads). Nobody else
// includes it.
#pragma once

#include "auth/hashing/job_queue.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/pool.hpp"
#include "auth/hashing/speed.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace mita::hashing {

// When both classes wait, one start in four belongs to register_reset.
inline constexpr unsigned logins_a_turn = 3;

// What a ticket holds: the way to give its place back. The pool's state itself, so a ticket allocates nothing.
struct ticket::slot {
    virtual ~slot() = default;
    virtual void give_back(job_class k) noexcept = 0;
};

// A thread's own figures, read by admission without its help.
struct worker_view {
    std::array<std::atomic<std::uint32_t>, max_lanes> rounds_left{};  // 0: the lane is free
    std::atomic<std::int64_t> blocked_until_ns{0};  // steady clock; an argon2 or libxcrypt hash runs on this thread
    unsigned active = 0;                            // jobs taken and not finished; under the pool's mutex
};

struct pool::state final : ticket::slot {
    using clock = std::chrono::steady_clock;

    explicit state(pool_options o);

    void give_back(job_class k) noexcept override;
    void work(unsigned index);  // the body of thread `index`
    void stop();                // and join

    // Under mutex_:
    std::optional<waiting_job> next_job(unsigned worker, std::vector<waiting_job>& gone);
    std::vector<waiting_job> hopeless_jobs(clock::time_point now);
    bool has_work(unsigned worker) const;
    struct prediction {
        double start_ns = 0, work_ns = 0;  // from now until it begins; from then to its answer
        double answer_ns() const { return start_ns + work_ns; }
    };
    prediction predict(job_class k, std::uint64_t client) const;
    bool fits(const prediction& p, double budget_ns) const {
        return p.start_ns * margin_ + p.work_ns * work_margin <= budget_ns;
    }
    bool idle(job_class k) const;
    // Admission's safety margin on predicted waits follows how they turn out: a broken promise widens it by a quarter,
    // a kept one narrows it by a thousandth, so that it settles where one in two hundred is broken. A wide margin costs
    // no throughput, only the deepest part of the queue: a job that finds a free lane does not feel it.
    void missed() { margin_ = std::min(margin_ * 1.25, 4.0); }
    void kept() { margin_ = std::max(margin_ * 0.999, least_margin); }

    // Counts it, then calls its completion. Not under mutex_.
    void finish(unsigned worker, waiting_job j, result r);
    void finish_unstarted(waiting_job j, outcome why);

    double job_ns(const job& j, unsigned width) const;  // expected time of a hash while `width` run
    double policy_job_ns(unsigned width) const;         // the same for the hash that admission assumes
    unsigned lanes_per_thread() const { return kernel_.fallback || options_.expects_argon2 ? 1 : max_lanes; }
    bool may_start(const waiting_job& j) const;

    const pool_options options_;
    const lane_kernels* kernels_;
    kernel_status kernel_;
    speed speed_;

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::array<job_queue, job_classes> queues_;
    std::array<std::size_t, job_classes> reserved_{};
    std::array<std::size_t, job_classes> active_{};
    std::size_t argon2_active_ = 0;
    unsigned turns_for_register_;  // logins started since the last register_reset job; see next_job()
    clock::time_point next_sweep_{};
    bool stopping_ = false;
    static constexpr double least_margin = 1.4, work_margin = 1.2;
    double margin_ = least_margin;
    pool_stats stats_;

    std::deque<worker_view> views_;
    std::vector<std::thread> threads_;
};

inline bool cancelled(const waiting_job& j) {
    return j.what.cancelled && j.what.cancelled->load(std::memory_order_relaxed);
}
inline std::size_t index(job_class k) { return static_cast<std::size_t>(k); }

}  // namespace mita::hashing
