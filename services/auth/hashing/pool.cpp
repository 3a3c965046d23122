#include "auth/hashing/pool.hpp"

#include "auth/hashing/pool_state.hpp"
#include "auth/hashing/self_test.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace mita::hashing {

namespace {

constexpr unsigned max_threads = 64;
constexpr double most_retry_after = 30;  // seconds

pool_options checked(pool_options o) {
    o.threads = std::clamp(o.threads, 1U, max_threads);
    o.max_queued = std::max<std::size_t>(o.max_queued, 1);
    if (o.expected_cost < bcrypt::min_cost || o.expected_cost > bcrypt::max_cost) {
        throw std::invalid_argument("bcrypt cost must be 4..14");
    }
    return o;
}

std::size_t bound(const pool_options& o, job_class k) {
    return k == job_class::login ? o.max_queued : std::max<std::size_t>(o.max_queued / 4, 1);
}

unsigned seconds_up(double ns) { return static_cast<unsigned>(std::clamp(std::ceil(ns / 1e9), 1.0, most_retry_after)); }

std::chrono::nanoseconds from_ns(double ns) { return std::chrono::nanoseconds(static_cast<std::int64_t>(ns)); }

}  // namespace

ticket::ticket(std::shared_ptr<slot> s, job_class k, std::uint64_t client, deadline d)
    : slot_(std::move(s)), kind_(k), client_(client), until_(d) {}

ticket& ticket::operator=(ticket&& other) noexcept {
    if (this != &other) {
        give_back();
        slot_ = std::move(other.slot_);
        kind_ = other.kind_;
        client_ = other.client_;
        until_ = other.until_;
    }
    return *this;
}

ticket::~ticket() { give_back(); }

void ticket::give_back() noexcept {
    if (slot_) slot_->give_back(kind_);
    slot_.reset();
}

pool::state::state(pool_options o)
    : options_(checked(std::move(o))),
      kernels_(options_.kernels != nullptr ? options_.kernels : available_kernels().front()),
      turns_for_register_(logins_a_turn),
      views_(options_.threads) {
    auto tested = self_test(*kernels_);
    kernel_ = tested.status;
    if (options_.libxcrypt_only) kernel_ = {{}, true, true, "libxcrypt computes all hashes, as configured"};
    if (kernel_.fallback) tested.round_ns.fill(tested.round_ns[0]);
    speed_.seed(tested.round_ns);
    if (options_.expects_argon2) {
        const argon2::params small{2048, 1};
        const auto begin = clock::now();
        if (argon2::hash("calibration", small)) {
            for (int i = 0; i < 8; ++i)
                speed_.observe_argon2(small, std::chrono::duration<double, std::nano>(clock::now() - begin).count());
        }
    }
    stats_.threads = options_.threads;
    stats_.lanes = options_.threads * lanes_per_thread();
    stats_.kernel = kernel_;
}

void pool::state::give_back(job_class k) noexcept {
    const std::lock_guard lock(mutex_);
    --reserved_[index(k)];
}

bool pool::state::idle(job_class k) const {
    const auto empty = [this](job_class c) {
        return queues_[index(c)].size() + reserved_[index(c)] + active_[index(c)] == 0;
    };
    return empty(k) && (k == job_class::register_reset || empty(job_class::register_reset));
}

double pool::state::policy_job_ns(unsigned width) const {
    if (options_.expects_argon2) return speed_.argon2_ns(options_.argon2);
    return lane_engine::rounds(options_.expected_cost) * speed_.round_ns(width);
}

// Of one more job. Places that are reserved but not yet used count as waiting.
pool::state::prediction pool::state::predict(job_class k, std::uint64_t client) const {
    std::array<double, max_threads * max_lanes> left{};
    const unsigned per_thread = lanes_per_thread();
    const double round = speed_.round_ns(max_lanes);
    const auto now = clock::now().time_since_epoch().count();
    std::size_t lanes = 0;
    std::size_t busy = 0;
    for (const worker_view& v : views_) {
        const auto blocked = std::max<std::int64_t>(v.blocked_until_ns.load(std::memory_order_relaxed) - now, 0);
        for (unsigned i = 0; i < per_thread; ++i) {
            left[lanes] = static_cast<double>(blocked) + v.rounds_left[i].load(std::memory_order_relaxed) * round;
            if (left[lanes++] > 0) ++busy;
        }
    }
    const std::size_t logins = queues_[0].size() + reserved_[0];
    const std::size_t others = queues_[1].size() + reserved_[1];
    std::size_t ahead = 0;
    if (k == job_class::login) {
        ahead = queues_[0].ahead_of(client) + reserved_[0];
        ahead += std::min(others, ahead / logins_a_turn + 1);
    } else {
        const std::size_t own = queues_[1].ahead_of(client) + reserved_[1];
        ahead = own + std::min(logins, own * logins_a_turn);
    }
    const auto width = static_cast<unsigned>(std::min<std::size_t>((busy + ahead) / views_.size() + 1, per_thread));
    const double own_ns = policy_job_ns(width);
    return {predicted_start_ns({left.data(), lanes}, ahead, own_ns), own_ns};
}

pool::pool(pool_options o) : state_(std::make_shared<state>(std::move(o))) {
    for (unsigned i = 0; i < state_->options_.threads; ++i) {
        state_->threads_.emplace_back([s = state_.get(), i] { s->work(i); });
    }
}

pool::~pool() { state_->stop(); }

admission pool::admit(job_class k, std::uint64_t client, deadline d) {
    state& s = *state_;
    const auto c = index(k);
    const std::lock_guard lock(s.mutex_);
    admission a;
    const auto predicted = s.predict(k, client);
    const double budget = std::chrono::duration<double, std::nano>(d.time() - state::clock::now()).count();
    a.predicted = from_ns(predicted.answer_ns());
    if (s.stopping_) {
        a.why = shed_reason::stopping;
    } else if (s.queues_[c].size() + s.reserved_[c] >= bound(s.options_, k)) {
        a.why = shed_reason::queue_full;
    } else if (budget <= 0 || (!s.fits(predicted, budget) && !s.idle(k))) {
        // An idle pool says yes whatever it expects: an estimate gone wrong is put right by work, not by refusing all.
        a.why = shed_reason::predicted_wait;
    }
    if (a.why != shed_reason::none) {
        a.retry_after = seconds_up(predicted.answer_ns() - std::max(budget, 0.0));
        ++s.stats_.by_class[c].shed[static_cast<std::size_t>(a.why)];
        return a;
    }
    ++s.reserved_[c];
    ++s.stats_.by_class[c].admitted;
    a.place = ticket(state_, k, client, d);
    return a;
}

void pool::submit(ticket t, job j, std::unique_ptr<completion> then) {
    state& s = *state_;
    waiting_job w{std::move(j), std::move(then), t.kind_, t.client_, t.until_, state::clock::now()};
    {
        const std::lock_guard lock(s.mutex_);
        --s.reserved_[index(t.kind_)];
        s.queues_[index(t.kind_)].push(std::move(w));
    }
    t.slot_.reset();  // the place is used, not given back
    s.wake_.notify_one();
}

std::chrono::nanoseconds pool::expected_time(unsigned cost) const {
    return from_ns(lane_engine::rounds(std::min(cost, bcrypt::max_cost)) * state_->speed_.round_ns(1));
}

kernel_status pool::kernel() const { return state_->kernel_; }

pool_stats pool::stats() const {
    const state& s = *state_;
    const std::lock_guard lock(s.mutex_);
    pool_stats out = s.stats_;
    for (std::size_t c = 0; c < job_classes; ++c) {
        out.by_class[c].queued = s.queues_[c].size();
        out.by_class[c].reserved = s.reserved_[c];
        out.by_class[c].active = s.active_[c];
        out.lanes_in_use += static_cast<unsigned>(s.active_[c]);
    }
    return out;
}

}  // namespace mita::hashing
