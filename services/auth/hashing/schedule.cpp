// Which job a thread takes next, which are given up, and the books: the part of the pool's state that workers use under
// its mutex.
#include "auth/hashing/pool_state.hpp"

#include <iterator>
#include <utility>

namespace mita::hashing {

namespace {

constexpr auto sweep_every = std::chrono::milliseconds(1);
constexpr double hopeless_share = 0.9;  // a job that has less than this much of its expected time left is not begun

}  // namespace

double pool::state::job_ns(const job& j, unsigned width) const {
    if (const auto* work = std::get_if<bcrypt_work>(&j.work)) {
        return lane_engine::rounds(std::max(work->how.cost, work->mismatch_cost)) * speed_.round_ns(width);
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
    if (auto* wait = options_.times.wait[index(j->kind)])
        wait->observe(std::chrono::duration<double>(now - j->since).count());
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
            if (auto* work = options_.times.work) work->observe(std::chrono::duration<double>(r.worked).count());
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
        if (r.what == outcome::mismatch && !j.what.after_mismatch.empty()) {
            j.what.work = std::move(j.what.after_mismatch.back());
            j.what.after_mismatch.pop_back();
            j.what.must_mismatch = true;
            j.since = clock::now();
            queues_[index(j.kind)].push(std::move(j));
            wake_.notify_one();
            return;
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

}  // namespace mita::hashing
