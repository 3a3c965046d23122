// Whether what is kept is what is asked for: beside plain LRU of the same bytes.
#include "cache/cache.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <list>
#include <random>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

struct compared_sizer {
    std::size_t operator()(std::uint64_t, int) const { return 16; }
};
using compared = mita::cache::cache<std::uint64_t, int, compared_sizer>;

struct lru {
    explicit lru(std::size_t max_entries) : max(max_entries) {}
    bool see(std::uint64_t n) {
        if (const auto it = at.find(n); it != at.end()) {
            order.splice(order.begin(), order, it->second);
            return true;
        }
        order.push_front(n);
        at[n] = order.begin();
        if (at.size() > max) {
            at.erase(order.back());
            order.pop_back();
        }
        return false;
    }
    std::size_t max;
    std::list<std::uint64_t> order;
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> at;
};

}  // namespace

TEST_CASE("The hit ratio beats plain LRU of the same bytes on Zipf and survives scans and loops", "[one-thread]") {
    constexpr std::size_t entries = 4000;
    const auto one = std::make_shared<const int>(1);
    mita::cache::options o;
    o.max_bytes = entries * (mita::cache::entry_overhead<std::uint64_t, int> + 16 + 16);
    constexpr std::uint64_t universe = 200'000;
    std::vector<double> cumulative(universe);
    double sum = 0;
    for (std::uint64_t i = 0; i < universe; ++i) cumulative[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), 0.9);
    std::mt19937_64 random(42);
    std::uniform_real_distribution<double> uniform(0, sum);
    const auto zipf = [&] {
        return static_cast<std::uint64_t>(std::lower_bound(cumulative.begin(), cumulative.end(), uniform(random)) -
                                          cumulative.begin());
    };
    const auto compare = [&](auto next, int steps) {
        compared ours{o};
        lru theirs(entries);
        int a = 0, b = 0;
        for (int i = 0; i < steps; ++i) {
            const std::uint64_t n = next(i);
            if (ours.find(n)) {
                ++a;
            } else {
                ours.insert(n, one);
            }
            b += theirs.see(n) ? 1 : 0;
        }
        return std::pair<double, double>(static_cast<double>(a) / steps, static_cast<double>(b) / steps);
    };
    const int steps = 400'000;
    const auto [zipf_ours, zipf_lru] = compare([&](int) { return zipf(); }, steps);
    INFO("zipf " << zipf_ours << " lru " << zipf_lru);
    CHECK(zipf_ours > zipf_lru + 0.05);
    const auto [scan_ours, scan_lru] =
        compare([&](int i) { return i % 2 == 0 ? zipf() : universe + static_cast<std::uint64_t>(i); }, steps);
    INFO("scan " << scan_ours << " lru " << scan_lru);
    CHECK(scan_ours > scan_lru + 0.05);
    const auto [loop_ours, loop_lru] =
        compare([&](int i) { return static_cast<std::uint64_t>(i) % (entries * 5 / 4); }, steps);
    INFO("loop " << loop_ours << " lru " << loop_lru);
    CHECK(loop_lru < 0.01);
    CHECK(loop_ours > 0.4);
}
