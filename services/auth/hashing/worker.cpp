#include "auth/hashing/foreign.hpp"
#include "auth/hashing/libxcrypt.hpp"
#include "auth/hashing/pool_state.hpp"
#include "core/scheduling.hpp"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

// Why a hash that is alone does not go through libxcrypt: our kernel with one lane is as fast (portable) or faster
// (1.13x, BMI) in interleaved runs of bench_hashing, and it can be joined. A crypt_r call cannot: whoever comes while
// it runs would wait up to its whole 250 ms, and a client that leaves could not take its work along. So libxcrypt is
// the oracle and the fallback.

namespace mita::hashing {

namespace {

using clock = std::chrono::steady_clock;

constexpr unsigned rounds_a_look = 8;  // 0.2 to 0.4 ms: how soon a new job joins and a dropped one leaves

double ns_since(clock::time_point t) { return std::chrono::duration<double, std::nano>(clock::now() - t).count(); }

// Event loops should win the processor. Linux keeps niceness per thread; failing is no reason not to hash.
void lower_priority(int by, unsigned index) {
    const auto self = static_cast<id_t>(gettid());
    errno = 0;
    const int now = getpriority(PRIO_PROCESS, self);
    if (errno == 0) setpriority(PRIO_PROCESS, self, std::min(now + by, 19));
    ask_for_short_turns();
    pthread_setname_np(pthread_self(), ("hash-" + std::to_string(index)).c_str());
}

outcome verdict_of(bool equal, const job& j) { return equal && !j.must_mismatch ? outcome::match : outcome::mismatch; }

outcome verdict_of(const bcrypt::digest& sum, const job& j) {
    const auto& expected = *std::get<bcrypt_work>(j.work).expected;
    return verdict_of(CRYPTO_memcmp(sum.data(), expected.data(), sum.size()) == 0, j);
}

void answer_bcrypt(const job& j, const bcrypt::digest& sum, result& r) {
    const auto& work = std::get<bcrypt_work>(j.work);
    if (work.expected) {
        r.what = verdict_of(sum, j);
    } else {
        r.what = outcome::hashed;
        r.hash = bcrypt::format(work.how, sum);
    }
}

void answer_argon2(const job& j, result& r) {
    const auto& work = std::get<argon2_work>(j.work);
    if (work.expected) {
        const bool own = argon2::parse(*work.expected).has_value();
        r.what = verdict_of(own ? argon2::verify(j.password.view(), *work.expected)
                                : foreign::verify(j.password.view(), *work.expected),
                            j);
    } else if (auto text = argon2::hash(j.password.view(), work.how)) {
        r.what = outcome::hashed;
        r.hash = std::move(*text);
    }
}

// One thread's hashes in progress.
class worker {
public:
    worker(pool::state& s, unsigned index)
        : state_(s), index_(index), view_(s.views_[index]), engine_(*s.kernels_, s.kernel_.usable) {}

    void begin(waiting_job j) {
        const auto now = clock::now();
        if (std::holds_alternative<bcrypt_work>(j.what.work) && !state_.kernel_.fallback) {
            const auto slot = static_cast<unsigned>(std::ranges::find_if(running_, [](const auto& r) { return !r; }) -
                                                    running_.begin());
            engine_.start(slot, j.what.password.view(), std::get<bcrypt_work>(j.what.work).how);
            running_[slot].emplace(std::move(j), now);
            publish();
        } else {
            run_whole(std::move(j), now);
        }
    }

    // Some rounds of all lanes; finishes those that end or are too late, and while others wait those whose client has
    // gone: alone they may as well end, as a client that closed only its half still reads.
    void advance(bool others_wait) {
        const unsigned width = engine_.active();
        if (width == 0) return;
        const auto begin = clock::now();
        const unsigned rounds = std::min(engine_.soonest(), rounds_a_look);
        for (unsigned i = 0; i < rounds; ++i) engine_.step();
        state_.speed_.observe_rounds(width, rounds, ns_since(begin));
        rounds_by_width_[width] += rounds;
        const auto now = clock::now();
        for (unsigned i = engine_.active(); i-- > 0;) {
            const job_in_lane& r = *running_[engine_.owner(i)];
            if (engine_.remaining(i) == 0) {
                if (!prolonged(i)) end(i, now, {});
            } else if (others_wait && cancelled(r.job)) {
                end(i, now, outcome::dropped_cancelled);
            } else if (now >= r.job.until.time()) {
                end(i, now, outcome::dropped_deadline);
            }
        }
        publish();
    }

    bool busy() const { return engine_.active() > 0; }

    void abandon() {
        const auto now = clock::now();
        while (engine_.active() > 0) end(engine_.active() - 1, now, outcome::dropped_cancelled);
        publish();
    }

    // Since the last call; under the pool's mutex.
    void report(pool_stats& s) {
        for (std::size_t i = 0; i < rounds_by_width_.size(); ++i)
            s.rounds_by_width[i] += std::exchange(rounds_by_width_[i], 0);
    }

private:
    struct job_in_lane {
        job_in_lane(waiting_job j, clock::time_point t) : job(std::move(j)), begun(t) {}
        waiting_job job;
        clock::time_point begun;
        bool mismatch = false;  // known; the rest is time (P7)
    };

    // P7: does lane i, at the end of its hash, go on to the time of today's cost? Only a mismatch does, once.
    bool prolonged(unsigned i) {
        job_in_lane& r = *running_[engine_.owner(i)];
        const auto& work = std::get<bcrypt_work>(r.job.what.work);
        if (r.mismatch || !work.expected || work.mismatch_cost <= work.how.cost) return false;
        r.mismatch = verdict_of(engine_.sum(i), r.job.what) == outcome::mismatch;
        if (r.mismatch)
            engine_.prolong(i, lane_engine::rounds(work.mismatch_cost) - lane_engine::rounds(work.how.cost));
        return r.mismatch;
    }

    void end(unsigned i, clock::time_point now, std::optional<outcome> dropped) {
        auto& held = running_[engine_.owner(i)];
        job_in_lane done = std::move(*held);
        held.reset();
        result r;
        r.waited = done.begun - done.job.since;
        r.worked = now - done.begun;
        if (dropped || done.mismatch) {
            engine_.drop(i);
            r.what = dropped.value_or(outcome::mismatch);
        } else {
            answer_bcrypt(done.job.what, engine_.take(i), r);
        }
        publish();
        state_.finish(index_, std::move(done.job), std::move(r));
    }

    // argon2, or libxcrypt in place of the kernels: one hash from start to end; the thread's lanes stand still
    // meanwhile.
    void run_whole(waiting_job j, clock::time_point now) {
        result r;
        r.waited = now - j.since;
        const auto expected = static_cast<std::int64_t>(state_.job_ns(j.what, 1));
        view_.blocked_until_ns.store(now.time_since_epoch().count() + expected, std::memory_order_relaxed);
        if (const auto* work = std::get_if<bcrypt_work>(&j.what.work)) {
            const auto sum = libxcrypt_.digest(j.what.password.view(), work->how);
            // A password with a NUL cannot be given to crypt_r; no hash that came from there has one.
            if (sum) {
                answer_bcrypt(j.what, *sum, r);
                state_.speed_.observe_rounds(1, lane_engine::rounds(work->how.cost), ns_since(now));
                if (r.what == outcome::mismatch) spend_time(j.what, *work);
            } else if (work->expected && j.what.password.view().find('\0') != std::string_view::npos) {
                r.what = outcome::mismatch;
            }
        } else {
            answer_argon2(j.what, r);
            const auto& memory_hard = std::get<argon2_work>(j.what.work);
            if (!memory_hard.expected || argon2::parse(*memory_hard.expected))
                state_.speed_.observe_argon2(memory_hard.how, ns_since(now));
        }
        view_.blocked_until_ns.store(0, std::memory_order_relaxed);
        r.worked = clock::now() - now;
        state_.finish(index_, std::move(j), std::move(r));
    }

    // P7 without lanes: one hash of each cost between makes up the rounds, 2^c + ... + 2^(m-1) = 2^m - 2^c.
    void spend_time(const job& j, const bcrypt_work& work) {
        for (auto more = work.how; more.cost < work.mismatch_cost; ++more.cost)
            libxcrypt_.digest(j.password.view(), more);
    }

    void publish() {
        for (unsigned i = 0; i < max_lanes; ++i) {
            view_.rounds_left[i].store(i < engine_.active() ? engine_.remaining(i) : 0, std::memory_order_relaxed);
        }
    }

    pool::state& state_;
    const unsigned index_;
    worker_view& view_;
    lane_engine engine_;
    libxcrypt libxcrypt_;
    std::array<std::optional<job_in_lane>, max_lanes> running_;
    std::array<std::uint64_t, max_lanes + 1> rounds_by_width_{};
};

}  // namespace

void pool::state::work(unsigned index) {
    lower_priority(options_.nice, index);
    worker me(*this, index);
    std::vector<waiting_job> taken;
    bool others_wait = false;
    for (;;) {
        std::vector<waiting_job> gone;
        {
            std::unique_lock lock(mutex_);
            me.report(stats_);
            if (!me.busy()) wake_.wait(lock, [&] { return stopping_ || has_work(index); });
            if (stopping_) break;
            gone = hopeless_jobs(clock::now());
            while (auto j = next_job(index, gone)) taken.push_back(std::move(*j));
            others_wait = queues_[0].size() + queues_[1].size() > 0;
        }
        for (waiting_job& j : gone) {
            const outcome why = cancelled(j) ? outcome::dropped_cancelled : outcome::dropped_deadline;
            finish_unstarted(std::move(j), why);
        }
        for (waiting_job& j : taken) me.begin(std::move(j));
        taken.clear();
        me.advance(others_wait);
        // Whoever waits for this processor would else wait for the next tick (4 ms) whenever the kernel did not let it
        // in as it woke, though it is to come first.
        ::sched_yield();
    }
    me.abandon();
    std::vector<waiting_job> rest;
    {
        const std::lock_guard lock(mutex_);
        for (auto& q : queues_) {
            auto left = q.remove_if([](const waiting_job&) { return true; });
            std::move(left.begin(), left.end(), std::back_inserter(rest));
        }
    }
    for (waiting_job& j : rest) finish_unstarted(std::move(j), outcome::dropped_cancelled);
}

void pool::state::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (std::thread& t : threads_) t.join();
}

}  // namespace mita::hashing
