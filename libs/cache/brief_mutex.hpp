// A mutex for critical sections of some 100 ns: tries for about a microsecond before it sleeps, because putting a
// thread to sleep and waking it costs a hundred times the section. Meets Lockable; used by the cache's shards. Still a
// std::mutex when its holder was preempted.
#pragma once

#include <mutex>

namespace mita::cache {

class brief_mutex {
public:
    void lock() {
        for (int i = 0; i < tries; ++i) {
            if (mutex_.try_lock()) return;
            for (int pause = 0; pause < 8; ++pause) relax();
        }
        mutex_.lock();
    }
    bool try_lock() { return mutex_.try_lock(); }
    void unlock() { mutex_.unlock(); }

private:
    static constexpr int tries = 32;

    static void relax() noexcept {
#if defined(__x86_64__)
        __builtin_ia32_pause();
#elif defined(__aarch64__)
        asm volatile("yield");
#endif
    }

    std::mutex mutex_;
};

}  // namespace mita::cache
