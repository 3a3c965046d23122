#include "cache/cache.hpp"

#include <time.h>

namespace mita::cache {

deadline::clock::time_point coarse_now() noexcept {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
    return deadline::clock::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

}  // namespace mita::cache
