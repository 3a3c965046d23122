#include "cache/policy.hpp"
#include "cache/frequency_sketch.hpp"
#include "cache/keyed_hash.hpp"
#include "cache/table.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

using mita::cache::entry;
using mita::cache::frequency_sketch;
using mita::cache::hash_key;
using mita::cache::keyed_hash;
using mita::cache::policy;
using mita::cache::random_hash_key;
using mita::cache::table;

namespace {

constexpr std::int64_t forever = INT64_MAX;

std::uint64_t hash_of_number(std::uint64_t n) { return keyed_hash({1, 2}, &n, sizeof n); }

// Entries by number, driven as a shard drives them.
struct driver {
    explicit driver(std::size_t budget, std::size_t words = 1024) : rules(budget, words, 7) {}

    bool see(std::uint64_t n, std::size_t weight = 100, std::int64_t expires = forever) {
        if (const auto it = live.find(n); it != live.end()) {
            rules.touch(*it->second);
            return true;
        }
        auto& e = pool.emplace_back();
        e.hash = hash_of_number(n);
        e.weight = weight;
        e.expires = expires;
        live[n] = &e;
        rules.add(e);
        make_room();
        return false;
    }
    void make_room() {
        policy::reason why{};
        while (entry* e = rules.next_victim(now, why)) {
            reasons.push_back(why);
            for (auto it = live.begin(); it != live.end(); ++it)
                if (it->second == e) {
                    gone.push_back(it->first);
                    live.erase(it);
                    break;
                }
        }
    }
    policy rules;
    std::deque<entry> pool;
    std::map<std::uint64_t, entry*> live;
    std::vector<std::uint64_t> gone;
    std::vector<policy::reason> reasons;
    std::int64_t now = 0;
};

}  // namespace

TEST_CASE("SipHash-1-3 gives its reference values and depends on the secret") {
    // First and ninth output of the reference key 00..0f over 00, 01, 02...: the vectors of SipHash-1-3 as Rust's std
    // tests them.
    const hash_key key{0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    std::string text;
    for (char c = 0; c < 8; ++c) text.push_back(c);
    const auto bytes_of = [](std::uint64_t h) {
        std::vector<int> out;
        for (int i = 0; i < 8; ++i) out.push_back(static_cast<int>((h >> (8 * i)) & 0xff));
        return out;
    };
    CHECK(bytes_of(keyed_hash(key, "")) == std::vector<int>{0xdc, 0xc4, 0x0f, 0x05, 0x58, 0x01, 0xac, 0xab});
    CHECK(bytes_of(keyed_hash(key, text.substr(0, 1))) ==
          std::vector<int>{0x93, 0xca, 0x57, 0x7d, 0xf3, 0x9b, 0xf4, 0xc9});
    const std::string longer = text + text;
    CHECK(keyed_hash_of<8>(key, text.data()) == keyed_hash(key, text));
    CHECK(keyed_hash_of<16>(key, longer.data()) == keyed_hash(key, longer));
    CHECK(keyed_hash({1, 2}, text) != keyed_hash({1, 3}, text));
    CHECK(random_hash_key().k0 != random_hash_key().k0);
}

TEST_CASE("The sketch never counts less than the truth before it ages, and caps at 15") {
    CHECK(rc::check("count-min is an upper bound", [] {
        const auto seen = *rc::gen::container<std::vector<std::uint8_t>>(rc::gen::inRange<std::uint8_t>(0, 40));
        frequency_sketch sketch(512);
        std::map<std::uint8_t, unsigned> truth;
        for (const auto n : seen) {
            sketch.increment(hash_of_number(n), 1'000'000);
            ++truth[n];
        }
        for (const auto& [n, count] : truth) RC_ASSERT(sketch.frequency(hash_of_number(n)) >= std::min(count, 15u));
    }));
    frequency_sketch sketch(64);
    for (int i = 0; i < 100; ++i) sketch.increment(hash_of_number(1), 1'000'000);
    CHECK(sketch.frequency(hash_of_number(1)) == frequency_sketch::max_frequency);
    sketch.clear();
    CHECK(sketch.frequency(hash_of_number(1)) == 0);
}

TEST_CASE("The sketch forgets: a key once hot and not seen for some samples counts less than a new favourite") {
    frequency_sketch sketch(1024);
    for (int i = 0; i < 15; ++i) sketch.increment(hash_of_number(1), 100);
    const unsigned before = sketch.frequency(hash_of_number(1));
    for (std::uint64_t n = 0; n < 4000; ++n) sketch.increment(hash_of_number(1000 + n % 500), 100);
    CHECK(sketch.frequency(hash_of_number(1)) <= before / 2 + 1);
}

TEST_CASE("The policy keeps bytes within its budget and its lists consistent under any sequence") {
    CHECK(rc::check("sum of weights = bytes <= budget; guarded within its limit", [] {
        const std::size_t budget = *rc::gen::inRange<std::size_t>(500, 5000);
        driver d(budget, 64);
        const auto steps = *rc::gen::container<std::vector<std::tuple<std::uint8_t, std::uint16_t, std::uint8_t>>>(
            rc::gen::tuple(rc::gen::arbitrary<std::uint8_t>(), rc::gen::inRange<std::uint16_t>(1, 400),
                           rc::gen::inRange<std::uint8_t>(0, 10)));
        for (const auto& [n, weight, what] : steps) {
            if (what == 0 && d.live.count(n) != 0) {
                d.rules.remove(*d.live[n]);
                d.live.erase(n);
            } else if (what == 1 && d.live.count(n) != 0) {
                d.rules.reweigh(*d.live[n], weight);
                d.make_room();
            } else {
                d.see(n, weight);
            }
            std::size_t sum = 0;
            for (const auto& [key, e] : d.live) sum += e->weight;
            RC_ASSERT(sum == d.rules.bytes());
            RC_ASSERT(d.live.size() == d.rules.size());
            RC_ASSERT(sum <= budget);
            RC_ASSERT(d.rules.guarded_bytes() <= d.rules.guarded_limit());
        }
    }));
}

TEST_CASE("A scan of keys seen once does not push out the working set") {
    driver d(100 * 100);
    for (int round = 0; round < 5; ++round)
        for (std::uint64_t n = 0; n < 80; ++n) d.see(n);
    for (std::uint64_t n = 1000; n < 5000; ++n) d.see(n);
    int kept = 0;
    for (std::uint64_t n = 0; n < 80; ++n) kept += d.live.count(n) != 0 ? 1 : 0;
    CHECK(kept >= 78);
}

TEST_CASE("Ties keep the resident, and a newcomer seen more often replaces the oldest of probation") {
    driver d(10 * 100);
    for (std::uint64_t n = 0; n < 10; ++n) d.see(n);
    CHECK(d.gone.empty());
    d.see(50);
    REQUIRE(d.gone == std::vector<std::uint64_t>{50});
    CHECK(d.reasons.back() == policy::reason::rejected);
    for (int i = 0; i < 3; ++i) d.see(50);
    CHECK(d.live.count(50) == 1);
    CHECK(d.live.count(0) == 0);
}

TEST_CASE("Flooded counters: warm losers are still let in about once in 128") {
    // Residents made as frequent as counters go; newcomers equally frequent tie, yet some get in.
    driver d(4 * 100, 8192);
    for (int i = 0; i < 15; ++i)
        for (std::uint64_t n = 0; n < 4; ++n) d.see(n);
    int in = 0;
    const int tries = 128 * 40;
    for (int i = 0; i < tries; ++i) {
        const auto n = static_cast<std::uint64_t>(10 + i % 50);
        if (d.see(n)) continue;
        in += d.live.count(n) != 0 ? 1 : 0;
    }
    CHECK(in > 0);
    CHECK(in < tries / 20);
}

TEST_CASE("Expired entries leave first and are told apart from evictions") {
    driver d(4 * 100);
    for (std::uint64_t n = 0; n < 4; ++n) d.see(n, 100, n == 0 ? 5 : forever);
    d.now = 10;
    d.see(9);
    REQUIRE(d.gone == std::vector<std::uint64_t>{0});
    CHECK(d.reasons == std::vector<policy::reason>{policy::reason::expired});
}

TEST_CASE("A heavy newcomer pays with several residents only while it is the more frequent") {
    driver d(10 * 100);
    for (std::uint64_t n = 0; n < 10; ++n) d.see(n);
    for (int i = 0; i < 4; ++i) d.see(77, 400);
    CHECK(d.live.count(77) == 1);
    CHECK(d.rules.bytes() <= 1000);
}

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)  // their shadows are memory too

TEST_CASE("B11: a table sized by a budget costs memory as it fills, not before") {
    const auto resident_kb = [] {
        std::ifstream statm("/proc/self/statm");
        long all = 0, resident = 0;
        statm >> all >> resident;
        return resident * (::sysconf(_SC_PAGESIZE) / 1024);
    };
    const long before = resident_kb();
    frequency_sketch sketch(4 << 20);  // 32 MiB
    const table buckets(4 << 20);
    CHECK(buckets.first(12345) == nullptr);
    for (std::uint64_t i = 0; i < 10; ++i) sketch.increment(hash_of_number(i), 10);
    sketch.clear();
    CHECK(sketch.frequency(hash_of_number(3)) == 0);
    CHECK(resident_kb() - before < 1024);
}

#endif
