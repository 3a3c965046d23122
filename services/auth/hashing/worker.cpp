#include "auth/hashing/libxcrypt.hpp"
#include "auth/hashing/pool_state.hpp"

#include <openssl/crypto.h>
#include <pthread.h>
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
constexpr auto sweep_every = std::chrono::milliseconds(1);
constexpr double hopeless_share = 0.7;  // a job that has less than this much of its expected time left is not begun

double ns_since(clock::time_point t) { return std::chrono::duration<double, std::nano>(clock::now() - t).count(); }

bool cancelled(const waiting_job& j) { return j.what.cancelled && j.what.cancelled->load(std::memory_order_relaxed); }

// Event loops should win the processor. Linux keeps niceness per thread; failing is no reason not to hash.
void lower_priority(int by, unsigned index) {
    const auto self = static_cast<id_t>(gettid());
    errno = 0;
    const int now = getpriority(PRIO_PROCESS, self);
    if (errno == 0) setpriority(PRIO_PROCESS, self, std::min(now + by, 19));
    pthread_setname_np(pthread_self(), ("hash-" + std::to_string(index)).c_str());
}

outcome verdict_of(bool equal, const job& j) { return equal && !j.must_mismatch ? outcome::match : outcome::mismatch; }

void answer_bcrypt(const job& j, const bcrypt::digest& sum, result& r) {
    const auto& work = std::get<bcrypt_work>(j.work);
    if (work.expected) {
        r.what = verdict_of(CRYPTO_memcmp(sum.data(), work.expected->data(), sum.size()) == 0, j);
    } else {
        r.what = outcome::hashed;
        r.hash = bcrypt::format(work.how, sum);
    }
}

void answer_argon2(const job& j, result& r) {
    const auto& work = std::get<argon2_work>(j.work);
    if (work.expected) {
        r.what = verdict_of(argon2::verify(j.password.view(), *work.expected), j);
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
            const auto slot =
                static_cast<unsigned>(std::find(running_.begin(), running_.end(), std::nullopt) - running_.begin());
            engine_.start(slot, j.what.password.view(), std::get<bcrypt_work>(j.what.work).how);
            running_[slot].emplace(std::move(j), now);
            publish();
        } else {
            run_whole(std::move(j), now);
        }
    }

    // Some rounds of all lanes; finishes those that end, are cancelled or too late.
    void advance() {
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
                end(i, now, {});
            } else if (cancelled(r.job)) {
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
        bool operator==(std::nullopt_t) const { return false; }
        waiting_job job;
        clock::time_point begun;
    };

    void end(unsigned i, clock::time_point now, std::optional<outcome> dropped) {
        auto& held = running_[engine_.owner(i)];
        job_in_lane done = std::move(*held);
        held.reset();
        result r;
        r.waited = done.begun - done.job.since;
        r.worked = now - done.begun;
        if (dropped) {
            engine_.drop(i);
            r.what = *dropped;
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
            } else if (work->expected && j.what.password.view().find('\0') != std::string_view::npos) {
                r.what = outcome::mismatch;
            }
        } else {
            answer_argon2(j.what, r);
            state_.speed_.observe_argon2(std::get<argon2_work>(j.what.work).how, ns_since(now));
        }
        view_.blocked_until_ns.store(0, std::memory_order_relaxed);
        r.worked = clock::now() - now;
        state_.finish(index_, std::move(j), std::move(r));
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

double pool::state::job_ns(const job& j, unsigned width) const {
    if (const auto* work = std::get_if<bcrypt_work>(&j.work)) {
        return lane_engine::rounds(work->how.cost) * speed_.round_ns(width);
    }
    return speed_.argon2_ns(std::get<argon2_work>(j.work).how);
}

bool pool::state::may_start(const waiting_job& j) const {
    const auto* work = std::get_if<argon2_work>(&j.what.work);
    return work == nullptr || argon2_active_ == 0 || (argon2_active_ + 1) * work->how.bytes() <= options_.argon2_memory;
}

bool pool::state::has_work(unsigned worker) const {
    const auto startable = [this](const waiting_job& j) { return may_start(j); };
    return views_[worker].active == 0 && (queues_[0].any(startable) || queues_[1].any(startable));
}

// A thread takes no more than its part of all jobs, so that two jobs on two idle threads run side by side, not
// interleaved.
// Those it comes across that are cancelled or expired go to `gone`.
std::optional<waiting_job> pool::state::next_job(unsigned worker, std::vector<waiting_job>& gone) {
    const std::size_t jobs = active_[0] + active_[1] + queues_[0].size() + queues_[1].size();
    const std::size_t part = (jobs + views_.size() - 1) / views_.size();
    worker_view& view = views_[worker];
    if (view.active >= std::min<std::size_t>(part, lanes_per_thread())) return std::nullopt;

    const auto now = clock::now();
    const auto startable = [this](const waiting_job& j) { return may_start(j); };
    const auto in_time = [&](const waiting_job& j) {
        return now + std::chrono::nanoseconds(static_cast<std::int64_t>(job_ns(j.what, lanes_per_thread()))) <=
               j.until.time();
    };
    job_queue& logins = queues_[index(job_class::login)];
    job_queue& others = queues_[index(job_class::register_reset)];
    const bool others_first = turns_for_register_ >= logins_a_turn;
    std::optional<waiting_job> j;
    for (;;) {
        j = (others_first ? others : logins).pop(startable, in_time);
        if (!j) j = (others_first ? logins : others).pop(startable, in_time);
        if (!j) return std::nullopt;
        if (!cancelled(*j) && now < j->until.time()) break;
        gone.push_back(std::move(*j));
    }
    if (j->kind == job_class::register_reset) {
        turns_for_register_ = 0;
    } else if (turns_for_register_ < logins_a_turn) {
        ++turns_for_register_;
    }
    ++view.active;
    ++active_[index(j->kind)];
    if (std::holds_alternative<argon2_work>(j->what.work)) ++argon2_active_;
    stats_.by_class[index(j->kind)].wait.add(std::chrono::duration<double>(now - j->since).count());
    return j;
}

std::vector<waiting_job> pool::state::hopeless_jobs(clock::time_point now) {
    std::vector<waiting_job> out;
    if (now < next_sweep_) return out;
    next_sweep_ = now + sweep_every;
    const bool alone = active_[0] + active_[1] == 0 && queues_[0].size() + queues_[1].size() == 1;
    for (auto& q : queues_) {
        auto gone = q.remove_if([&](const waiting_job& j) {
            const double needed = alone ? 0 : hopeless_share * job_ns(j.what, lanes_per_thread());
            return cancelled(j) || now + std::chrono::nanoseconds(static_cast<std::int64_t>(needed)) >= j.until.time();
        });
        std::move(gone.begin(), gone.end(), std::back_inserter(out));
    }
    return out;
}

void pool::state::finish(unsigned worker, waiting_job j, result r) {
    {
        const std::lock_guard lock(mutex_);
        --views_[worker].active;
        --active_[index(j.kind)];
        auto& c = stats_.by_class[index(j.kind)];
        if (r.what == outcome::dropped_cancelled) {
            ++c.dropped_cancelled;
        } else if (r.what == outcome::dropped_deadline) {
            ++c.dropped_deadline;
            missed();
        } else if (r.what == outcome::failed) {
            ++c.failed;
        } else {
            kept();
            stats_.work.add(std::chrono::duration<double>(r.worked).count());
            if (const auto* work = std::get_if<bcrypt_work>(&j.what.work)) {
                ++stats_.bcrypt_hashes[work->how.cost];
                if (kernel_.fallback) ++stats_.libxcrypt_hashes;
            } else {
                ++stats_.argon2_hashes;
            }
        }
        if (std::holds_alternative<argon2_work>(j.what.work)) {
            --argon2_active_;
            wake_.notify_one();  // one that had to wait for memory
        }
    }
    j.then->done(std::move(r));
}

void pool::state::finish_unstarted(waiting_job j, outcome why) {
    result r;
    r.what = why;
    r.waited = clock::now() - j.since;
    {
        const std::lock_guard lock(mutex_);
        auto& c = stats_.by_class[index(j.kind)];
        ++(why == outcome::dropped_deadline ? c.dropped_deadline : c.dropped_cancelled);
        if (why == outcome::dropped_deadline) missed();
    }
    j.then->done(std::move(r));
}

void pool::state::work(unsigned index) {
    lower_priority(options_.nice, index);
    worker me(*this, index);
    std::vector<waiting_job> taken;
    for (;;) {
        std::vector<waiting_job> gone;
        {
            std::unique_lock lock(mutex_);
            me.report(stats_);
            if (!me.busy()) wake_.wait(lock, [&] { return stopping_ || has_work(index); });
            if (stopping_) break;
            gone = hopeless_jobs(clock::now());
            while (auto j = next_job(index, gone)) taken.push_back(std::move(*j));
        }
        for (waiting_job& j : gone) {
            const outcome why = cancelled(j) ? outcome::dropped_cancelled : outcome::dropped_deadline;
            finish_unstarted(std::move(j), why);
        }
        for (waiting_job& j : taken) me.begin(std::move(j));
        taken.clear();
        me.advance();
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
