#include "core/cpu_pool.hpp"

#include "core/signal_mask.hpp"

#include <sys/resource.h>
#include <unistd.h>

namespace mita {

cpu_pool::cpu_pool(unsigned threads, std::size_t max_queued, int nice) : max_queued_(max_queued) {
    const unsigned n = threads > 0 ? threads : 1;
    threads_.reserve(n);
    const signals_blocked mask;
    for (unsigned i = 0; i < n; ++i) threads_.emplace_back([this, nice] { work(nice); });
}

cpu_pool::~cpu_pool() {
    std::deque<job> abandoned;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        abandoned.swap(queue_);
    }
    wake_.notify_all();
    for (auto& j : abandoned) j.dropped();
    for (auto& t : threads_) t.join();
}

bool cpu_pool::submit(deadline d, std::function<void()> run, std::function<void()> dropped) {
    std::vector<std::function<void()>> late;
    bool taken = false;
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= max_queued_) {
            std::deque<job> alive;
            for (auto& j : queue_) {
                if (j.d.expired())
                    late.push_back(std::move(j.dropped));
                else
                    alive.push_back(std::move(j));
            }
            queue_.swap(alive);
        }
        // An idle thread takes the job at once, so it does not count as queued: max_queued 0 means "no waiting".
        const std::size_t idle = threads_.size() - running_;
        if (!stopping_ && queue_.size() < max_queued_ + idle) {
            queue_.push_back(job{d, std::move(run), std::move(dropped)});
            taken = true;
        }
    }
    if (taken) wake_.notify_one();
    for (auto& call : late) call();
    return taken;
}

std::size_t cpu_pool::queued() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

std::size_t cpu_pool::running() const {
    const std::lock_guard lock(mutex_);
    return running_;
}

unsigned cpu_pool::threads() const { return static_cast<unsigned>(threads_.size()); }

void cpu_pool::work(int nice) {
    if (nice != 0) {
        const auto self = static_cast<id_t>(::gettid());
        ::setpriority(PRIO_PROCESS, self, ::getpriority(PRIO_PROCESS, self) + nice);
    }
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto next = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        if (next.d.expired())
            next.dropped();
        else
            next.run();
        next.run = nullptr;  // what the job held is released off the lock
        next.dropped = nullptr;
        lock.lock();
        --running_;
    }
}

}  // namespace mita
