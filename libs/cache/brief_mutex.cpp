#include "cache/brief_mutex.hpp"

namespace mita::cache {

namespace {

void relax() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

void brief_mutex::lock_slow() noexcept {
    for (int i = 0; i < tries; ++i) {
        for (int pause = 0; pause < 8; ++pause) relax();
        if (state_.load(std::memory_order_relaxed) == open && try_lock()) return;
    }
    // Whoever slept cannot know that nobody else does: it takes the lock as awaited.
    while (state_.exchange(awaited, std::memory_order_acquire) != open) state_.wait(awaited, std::memory_order_relaxed);
}

}  // namespace mita::cache
