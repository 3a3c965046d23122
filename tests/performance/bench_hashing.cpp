// B1: bcrypt verifications of one thread with twelve waiting, against libxcrypt's crypt_r; B2 (library part): what the
// pool adds to a hash that is alone; and the latency of a hash for each number of lanes. Rounds ABAB… in one process,
// the first dropped, median of per-round ratios with min and max. Ratios are of processor time, which leaves out waits
// for a processor that others hold (wall time stands beside it); B2 is of wall time. Prints JSON lines; exits 1 if a
// result is wrong, never because of the time.
//   bench_hashing [--quick]      quick, also by MITA_BENCH_QUICK=1: cost 8 instead of 12
#include "auth/hashing/bcrypt_format.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/libxcrypt.hpp"
#include "auth/hashing/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace mita::hashing;
using clock = std::chrono::steady_clock;

constexpr int rounds = 9;
constexpr unsigned waiting = 12;  // jobs in the queue at once

struct cost_of {
    double wall_ms = 0, cpu_ms = 0;
};

double process_cpu_ms() {
    timespec t{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) / 1e6;
}

class stopwatch {
public:
    cost_of read() const {
        return {std::chrono::duration<double, std::milli>(clock::now() - wall_).count(), process_cpu_ms() - cpu_};
    }

private:
    clock::time_point wall_ = clock::now();
    double cpu_ = process_cpu_ms();
};

bcrypt::setting setting_of(unsigned cost, std::size_t i) {
    return {bcrypt::variant::b, cost, {static_cast<std::uint8_t>(i), 1, 2, 3, 4, 5, 6, 7, 8, 9}};
}

std::string password_of(std::size_t i) { return "correct horse battery staple " + std::to_string(i); }

struct spread {
    double median, min, max;
};

// The first round warms caches and clocks up and does not count.
spread of(std::vector<double> v) {
    v.erase(v.begin());
    std::sort(v.begin(), v.end());
    return {v[v.size() / 2], v.front(), v.back()};
}

// Verifies the first n passwords through the pool, all submitted at once. False in `right` on any wrong
// answer.
cost_of through_pool(pool& p, unsigned cost, const std::vector<bcrypt::digest>& sums, std::size_t n, bool& right) {
    std::mutex mutex;
    std::condition_variable done;
    std::size_t answered = 0;
    std::vector<ticket> places;
    for (std::size_t i = 0; i < n; ++i) {
        auto a = p.admit(job_class::login, i, mita::deadline::after(std::chrono::hours(1)));
        if (!a) std::exit(1);
        places.push_back(std::move(*a.place));
    }
    const stopwatch watch;
    for (std::size_t i = 0; i < n; ++i) {
        job j;
        j.password = mita::secret(password_of(i));
        j.work = bcrypt_work{setting_of(cost, i), sums[i]};
        p.submit(std::move(places[i]), std::move(j), make_completion([&](result&& r) {
                     const std::lock_guard lock(mutex);
                     right = right && r.what == outcome::match;
                     if (++answered == n) done.notify_one();
                 }));
    }
    std::unique_lock lock(mutex);
    done.wait(lock, [&] { return answered == n; });
    return watch.read();
}

cost_of in_lanes(unsigned n, unsigned cost, const std::vector<bcrypt::digest>& sums, bool& right) {
    lane_engine engine(*available_kernels().front());
    const stopwatch watch;
    for (unsigned i = 0; i < n; ++i) engine.start(i, password_of(i), setting_of(cost, i));
    while (engine.soonest() > 0) engine.step();
    while (engine.active() > 0) {
        const unsigned last = engine.active() - 1;
        const auto who = engine.owner(last);
        right = right && engine.take(last) == sums[who];
    }
    return watch.read();
}

}  // namespace

int main(int argc, char** argv) {
    const bool quick =
        (argc > 1 && std::string_view(argv[1]) == "--quick") || std::getenv("MITA_BENCH_QUICK") != nullptr;
    const unsigned cost = quick ? 8 : 12;
    libxcrypt oracle;
    bool right = true;
    std::vector<bcrypt::digest> sums;
    for (std::size_t i = 0; i < waiting; ++i) {
        const auto sum = oracle.digest(password_of(i), setting_of(cost, i));
        if (!sum) return 1;
        sums.push_back(*sum);
    }

    pool_options o;
    o.nice = 0;  // the same priority as crypt_r on this thread
    o.expected_cost = cost;
    pool one(o);
    std::vector<double> crypt_ms, ratio, wall_ratio, lone_ms, added_ms;
    std::vector<std::vector<double>> lane_ms(max_lanes + 1), lane_ratio(max_lanes + 1);
    for (int round = 0; round < rounds; ++round) {
        const stopwatch watch;
        right = right && oracle.digest(password_of(0), setting_of(cost, 0)) == sums[0];
        const cost_of crypt = watch.read();
        const cost_of many = through_pool(one, cost, sums, waiting, right);
        const cost_of lone = through_pool(one, cost, sums, 1, right);
        crypt_ms.push_back(crypt.wall_ms);
        ratio.push_back(waiting * crypt.cpu_ms / many.cpu_ms);
        wall_ratio.push_back(waiting * crypt.wall_ms / many.wall_ms);
        lone_ms.push_back(lone.wall_ms);
        added_ms.push_back(lone.wall_ms - crypt.wall_ms);
        for (unsigned n = 1; n <= max_lanes; ++n) {
            const cost_of lanes = in_lanes(n, cost, sums, right);
            lane_ms[n].push_back(lanes.wall_ms);
            lane_ratio[n].push_back(n * crypt.cpu_ms / lanes.cpu_ms);
        }
    }

    const spread crypt = of(crypt_ms), gain = of(ratio), wall = of(wall_ratio), lone = of(lone_ms),
                 added = of(added_ms);
    const std::string kernel = available_kernels().front()->name;
    fmt::print(
        "{{\"goal\":\"B1\",\"what\":\"bcrypt verifications of one thread, cost {}, {} waiting\",\"value\":{:.2f},"
        "\"unit\":\"×\",\"target\":\">= 2.8\",\"met\":{},\"peer\":\"libxcrypt crypt_r\",\"min\":{:.2f},\"max\":{:.2f},"
        "\"wall_value\":{:.2f},\"crypt_r_ms\":{:.2f},\"kernel\":\"{}\",\"bit_identical\":{}}}\n",
        cost, waiting, gain.median, right && gain.median >= 2.8, gain.min, gain.max, wall.median, crypt.median, kernel,
        right);
    fmt::print(
        "{{\"goal\":\"B2-lib\",\"what\":\"a lone hash through the pool minus crypt_r, cost "
        "{}\",\"value\":{:.2f},\"unit\":\"ms\","
        "\"target\":\"<= 5\",\"met\":{},\"peer\":\"libxcrypt "
        "crypt_r\",\"min\":{:.2f},\"max\":{:.2f},\"lone_ms\":{:.2f},"
        "\"crypt_r_ms\":{:.2f}}}\n",
        cost, added.median, added.median <= 5, added.min, added.max, lone.median, crypt.median);
    for (unsigned n = 1; n <= max_lanes; ++n) {
        const spread latency = of(lane_ms[n]), times = of(lane_ratio[n]);
        fmt::print(
            "{{\"goal\":\"B1\",\"what\":\"latency of a hash, {} lanes, cost "
            "{}\",\"value\":{:.2f},\"unit\":\"ms\",\"target\":\"\","
            "\"per_second\":{:.2f},\"ratio\":{:.2f},\"min\":{:.2f},\"max\":{:.2f}}}\n",
            n, cost, latency.median, n * 1000 / latency.median, times.median, times.min, times.max);
    }
    return right ? 0 : 1;
}
