// B14: hit ratios of cache::cache on Zipf, scan and loop traces against a plain LRU of the same heap bytes, and the
// throughput of find and get at two threads against std::unordered_map with one mutex. Interleaved rounds, median of
// the rounds' ratios.
#include "cache/cache.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>

#include <malloc.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <list>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace {

using namespace mita;
using key_type = std::uint64_t;
using value_type = std::array<char, 256>;
using value_ptr = std::shared_ptr<const value_type>;

struct sizer {
    std::size_t operator()(key_type, const value_type&) const { return sizeof(value_type) + 16; }
};
using ours_type = cache::cache<key_type, value_type, sizer>;

constexpr std::size_t budget = 4 << 20;
constexpr key_type universe = 1'000'000;

value_ptr make_value() { return std::make_shared<const value_type>(); }

std::size_t heap() {
    const auto m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

class lru {
public:
    explicit lru(std::size_t most) : most_(most) { at_.reserve(most + 1); }
    value_ptr find(key_type key) {
        const auto it = at_.find(key);
        if (it == at_.end()) return nullptr;
        order_.splice(order_.begin(), order_, it->second);
        return it->second->second;
    }
    void insert(key_type key, value_ptr value) {
        order_.emplace_front(key, std::move(value));
        at_[key] = order_.begin();
        if (at_.size() <= most_) return;
        at_.erase(order_.back().first);
        order_.pop_back();
    }

private:
    std::size_t most_;
    std::list<std::pair<key_type, value_ptr>> order_;
    std::unordered_map<key_type, std::list<std::pair<key_type, value_ptr>>::iterator> at_;
};

cache::options sized() {
    cache::options o;
    o.max_bytes = budget;
    return o;
}

// As many LRU entries as take the heap bytes that ours takes when full.
std::size_t lru_entries() {
    std::size_t mine = 0;
    {
        const auto before = heap();
        ours_type c{sized()};
        for (key_type i = 0; i < 60'000; ++i) c.insert(i, make_value());
        mine = heap() - before;
    }
    constexpr std::size_t sample = 10'000;
    const auto before = heap();
    lru theirs(sample);
    for (key_type i = 0; i < sample; ++i) theirs.insert(i, make_value());
    return mine * sample / (heap() - before);
}

std::vector<key_type> zipf_trace(double exponent, std::size_t steps, unsigned seed) {
    std::vector<double> cumulative(universe);
    double sum = 0;
    for (key_type i = 0; i < universe; ++i) cumulative[i] = sum += 1.0 / std::pow(static_cast<double>(i + 1), exponent);
    std::mt19937_64 random(seed);
    std::uniform_real_distribution<double> uniform(0, sum);
    std::vector<key_type> out(steps);
    for (auto& key : out)
        key = static_cast<key_type>(std::ranges::lower_bound(cumulative, uniform(random)) - cumulative.begin());
    return out;
}

template <class Cache>
double hit_ratio(Cache& c, const std::vector<key_type>& trace) {
    std::size_t hits = 0;
    for (std::size_t i = 0; i < trace.size(); ++i) {
        bool hit = false;
        if constexpr (std::is_same_v<Cache, lru>) {
            hit = c.find(trace[i]) != nullptr;
        } else {
            hit = c.find(trace[i]).has_value();
        }
        if (!hit) c.insert(trace[i], make_value());
        if (i >= trace.size() / 2) hits += hit ? 1 : 0;  // the first half warms up
    }
    return static_cast<double>(hits) / static_cast<double>(trace.size() - trace.size() / 2);
}

// ideal: what perfect knowledge of frequencies (or of the loop) would reach with that many entries.
bool report_trace(const char* name, const std::vector<key_type>& trace, std::size_t entries, double ideal,
                  double least_share) {
    ours_type ours{sized()};
    lru theirs(entries);
    const double a = 100 * hit_ratio(ours, trace), b = 100 * hit_ratio(theirs, trace);
    const double share = 100 * (a - b) / (100 * ideal - b);
    const auto kept = ours.snapshot();
    fmt::print(
        "{{\"goal\":\"B14\",\"what\":\"{}: share of the way from LRU to "
        "ideal\",\"value\":{:.1f},\"unit\":\"%\",\"target\":\">= {}\","
        "\"met\":{},\"peer\":\"LRU hits {:.1f} %, ours {:.1f} %, ideal {:.1f} "
        "%\",\"lru\":{:.2f},\"ours\":{:.2f},\"ideal\":{:.2f},"
        "\"entries_lru\":{},\"entries_ours\":{}}}\n",
        name, share, least_share, share >= least_share, b, a, 100 * ideal, b, a, 100 * ideal, entries, kept.entries);
    return kept.bytes <= budget && kept.entries > 0;
}

double zipf_ideal(double exponent, std::size_t entries) {
    double sum = 0, top = 0;
    for (key_type i = 0; i < universe; ++i) {
        sum += 1.0 / std::pow(static_cast<double>(i + 1), exponent);
        if (i < entries) top = sum;
    }
    return top / sum;
}

struct locked_map {
    value_ptr find(key_type key) {
        const std::lock_guard lock(mutex);
        const auto it = map.find(key);
        return it == map.end() ? nullptr : it->second;
    }
    std::mutex mutex;
    std::unordered_map<key_type, value_ptr> map;
};

awaitable<value_ptr> no_load(key_type, deadline) { co_return nullptr; }

awaitable<value_ptr> peer_get(locked_map* m, key_type key) { co_return m->find(key); }

awaitable<void> ask_ours(ours_type* c, const std::vector<key_type>* keys, std::size_t from, std::atomic<bool>* stop,
                         std::uint64_t* done) {
    const deadline d = deadline::after(std::chrono::seconds(60));
    for (std::size_t i = from; !stop->load(std::memory_order_relaxed); ++*done) {
        const value_ptr v = co_await c->get((*keys)[i], &no_load, d);
        if (!v) std::abort();
        if (++i == keys->size()) i = 0;
    }
}

awaitable<void> ask_peer(locked_map* m, const std::vector<key_type>* keys, std::size_t from, std::atomic<bool>* stop,
                         std::uint64_t* done) {
    for (std::size_t i = from; !stop->load(std::memory_order_relaxed); ++*done) {
        const value_ptr v = co_await peer_get(m, (*keys)[i]);
        if (!v) std::abort();
        if (++i == keys->size()) i = 0;
    }
}

// Calls per second of two threads, each running work(thread, stop, count) for a while.
template <class Work>
double rate(Work work, std::chrono::milliseconds time) {
    std::atomic<bool> stop{false};
    std::array<std::uint64_t, 2> done{};
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            std::uint64_t mine = 0;
            work(t, stop, mine);
            done[t] = mine;
        });
    std::this_thread::sleep_for(time);
    stop = true;
    for (auto& t : threads) t.join();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
    return static_cast<double>(done[0] + done[1]) / spent.count();
}

double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v[v.size() / 2];
}

template <class Ours, class Peer>
void report_rate(const char* name, const char* peer_name, Ours ours, Peer peer, bool quick) {
    std::vector<double> ratios, mine, theirs;
    for (int round = 0; round < (quick ? 3 : 11); ++round) {
        const auto time = std::chrono::milliseconds(quick ? 50 : 200);
        mine.push_back(rate(ours, time));
        theirs.push_back(rate(peer, time));
        ratios.push_back(mine.back() / theirs.back());
    }
    fmt::print(
        "{{\"goal\":\"B14\",\"what\":\"{} at 2 threads\",\"value\":{:.2f},\"unit\":\"×\",\"target\":\">= "
        "1\",\"met\":{},"
        "\"peer\":\"{}: {:.2f} M/s, ours {:.2f} M/s\"}}\n",
        name, median(ratios), median(ratios) >= 1, peer_name, median(theirs) / 1e6, median(mine) / 1e6);
}

}  // namespace

int main() {
    const bool quick = std::getenv("MITA_BENCH_QUICK") != nullptr;
    const std::size_t steps = quick ? 400'000 : 3'000'000;
    const std::size_t entries = lru_entries();
    bool right = true;

    for (const double exponent : {0.9, 1.0})
        right = report_trace(exponent < 1 ? "zipf 0.9" : "zipf 1.0", zipf_trace(exponent, steps, 1), entries,
                             zipf_ideal(exponent, entries), 70) &&
                right;
    // A backup job reads everything once between the requests.
    auto scan = zipf_trace(0.9, steps, 2);
    key_type next = universe;
    for (std::size_t i = 1; i < scan.size(); i += 2) scan[i] = next++;
    right = report_trace("zipf 0.9 with a scan", scan, entries, zipf_ideal(0.9, entries) / 2, 70) && right;
    std::vector<key_type> loop(steps);
    const key_type around = entries * 5 / 4;
    for (std::size_t i = 0; i < steps; ++i) loop[i] = i % around;
    right = report_trace("loop of 1.25 caches", loop, entries,
                         static_cast<double>(entries) / static_cast<double>(around), 70) &&
            right;

    constexpr key_type hot = 4'000;
    ours_type ours{sized()};
    locked_map peer;
    for (key_type i = 0; i < hot; ++i) {
        ours.insert(i, make_value());
        peer.map[i] = make_value();
    }
    for (key_type i = 0; i < hot; ++i) right = ours.find(i).has_value() && right;
    std::vector<key_type> keys = zipf_trace(0.9, 1 << 18, 3);
    for (auto& k : keys) k %= hot;
    const auto find_ours = [&](std::size_t t, std::atomic<bool>& stop, std::uint64_t& done) {
        for (std::size_t i = t * keys.size() / 2; !stop.load(std::memory_order_relaxed); ++done) {
            if (!ours.find(keys[i])) std::abort();
            if (++i == keys.size()) i = 0;
        }
    };
    const auto find_peer = [&](std::size_t t, std::atomic<bool>& stop, std::uint64_t& done) {
        for (std::size_t i = t * keys.size() / 2; !stop.load(std::memory_order_relaxed); ++done) {
            if (!peer.find(keys[i])) std::abort();
            if (++i == keys.size()) i = 0;
        }
    };
    const auto in_context = [&](auto make) {
        return [make, &keys](std::size_t t, std::atomic<bool>& stop, std::uint64_t& done) {
            asio::io_context context(1);
            asio::co_spawn(context.get_executor(), make(t * keys.size() / 2, &stop, &done), [](std::exception_ptr e) {
                if (e) std::rethrow_exception(e);
            });
            context.run();
        };
    };
    const auto get_ours = in_context([&](std::size_t from, std::atomic<bool>* stop, std::uint64_t* done) {
        return ask_ours(&ours, &keys, from, stop, done);
    });
    const auto get_peer = in_context([&](std::size_t from, std::atomic<bool>* stop, std::uint64_t* done) {
        return ask_peer(&peer, &keys, from, stop, done);
    });
    report_rate("find", "unordered_map + mutex", find_ours, find_peer, quick);
    report_rate("get", "unordered_map + mutex in a coroutine", get_ours, get_peer, quick);
    return right ? 0 : 1;
}
