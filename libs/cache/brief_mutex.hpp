// A mutex for critical sections of some 100 ns: tries for about a microsecond before it sleeps, because putting a
// thread to sleep and waking it costs a hundred times the section. One word, so that what it guards can share its cache
// line: taking the lock then brings both. Meets Lockable; used by the cache's shards. (Drepper, "Futexes are tricky",
// 2011, mutex 2; a holder that was preempted is slept for.)
#pragma once

#include <atomic>
#include <cstdint>

namespace mita::cache {

class brief_mutex {
public:
    void lock() noexcept {
        if (!try_lock()) lock_slow();
    }
    bool try_lock() noexcept {
        std::uint32_t expected = open;
        return state_.compare_exchange_strong(expected, held, std::memory_order_acquire, std::memory_order_relaxed);
    }
    void unlock() noexcept {
        if (state_.exchange(open, std::memory_order_release) == awaited) state_.notify_one();
    }

private:
    static constexpr std::uint32_t open = 0, held = 1, awaited = 2;
    static constexpr int tries = 32;

    void lock_slow() noexcept;

    std::atomic<std::uint32_t> state_{open};
};

}  // namespace mita::cache
