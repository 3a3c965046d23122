#include "cache/brief_mutex.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using mita::cache::brief_mutex;

namespace {

// Each of `threads` adds `times` to one plain number under the mutex; every `pause_every`th holder keeps it longer than
// others try before they sleep.
long counted(int threads, int times, int pause_every) {
    brief_mutex mutex;
    long sum = 0;
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
        all.emplace_back([&] {
            for (int i = 1; i <= times; ++i) {
                const std::lock_guard lock(mutex);
                ++sum;
                if (i % pause_every == 0) std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
        });
    for (auto& t : all) t.join();
    return sum;
}

}  // namespace

TEST_CASE("a brief mutex loses no addition of threads that meet at it") {
    CHECK(counted(4, 50'000, 1'000'000) == 200'000);
}

TEST_CASE("a brief mutex wakes everybody who slept for it") { CHECK(counted(6, 200, 5) == 1'200); }

TEST_CASE("a brief mutex that is held cannot be had by trying") {
    brief_mutex mutex;
    REQUIRE(mutex.try_lock());
    CHECK_FALSE(mutex.try_lock());
    mutex.unlock();
    REQUIRE(mutex.try_lock());
    mutex.unlock();
}
