// What the pool's tests have in common: results by name, jobs, places in the queue.
#pragma once

#include "auth/hashing/pool.hpp"

#include "unit/hashing/support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test_pool {

using namespace mita::hashing;
using mita::deadline;
using mita::secret;
using namespace std::chrono_literals;

// Collects results by name, in order of completion.
class collector {
public:
    std::unique_ptr<completion> expect(const std::string& name) {
        return make_completion([this, name](result&& r) {
            const std::lock_guard lock(mutex_);
            results_.emplace_back(name, std::move(r));
            threads_.push_back(std::this_thread::get_id());
            changed_.notify_all();
        });
    }
    // Waits for n results in all; a test that hangs fails here after a minute.
    std::vector<std::pair<std::string, result>> wait(std::size_t n) {
        std::unique_lock lock(mutex_);
        const bool all = changed_.wait_for(lock, 60s, [&] { return results_.size() >= n; });
        REQUIRE(all);
        return results_;
    }
    result of(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(results_.begin(), results_.end(), [&](const auto& r) { return r.first == name; });
        REQUIRE(found != results_.end());
        return found->second;
    }
    std::size_t place_of(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(results_.begin(), results_.end(), [&](const auto& r) { return r.first == name; });
        return static_cast<std::size_t>(found - results_.begin());
    }
    bool only_on_other_threads() {
        const std::lock_guard lock(mutex_);
        return std::find(threads_.begin(), threads_.end(), std::this_thread::get_id()) == threads_.end();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<std::string, result>> results_;
    std::vector<std::thread::id> threads_;
};

inline pool_options small(unsigned threads, unsigned cost = 4) {
    pool_options o;
    o.threads = threads;
    o.expected_cost = cost;
    return o;
}

inline job hashing_job(const std::string& password, unsigned cost, std::uint32_t seed = 1) {
    job j;
    j.password = secret(std::string_view(password));
    j.work = bcrypt_work{setting_of('b', cost, seed), std::nullopt};
    return j;
}

inline job verifying(const std::string& password, const std::string& hash) {
    const auto parsed = bcrypt::parse_hash(hash);
    REQUIRE(parsed);
    job j;
    j.password = secret(std::string_view(password));
    j.work = bcrypt_work{parsed->how, parsed->sum};
    return j;
}

inline ticket place(pool& p, job_class k = job_class::login, std::uint64_t client = 1,
                    deadline d = deadline::after(10min)) {
    auto a = p.admit(k, client, d);
    REQUIRE(a);
    return std::move(*a.place);
}

}  // namespace test_pool
