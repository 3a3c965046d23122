// A cache bounded in bytes: 16 shards (fewer under 1 MiB), a mutex each, O(1) inside, never held across an await;
// W-TinyLFU (1 % window, SLRU 80/20, 4-bit sketch; Einziger, Friedman, Manes 2017) with seeded hashes and admission
// that resists hash flooding; TTL with +-10 % jitter; single-flight over all workers. Values are shared_ptr<const V>; a
// null value is a negative entry ("known to be absent"). Thread-safe. Outlives the coroutines that use it. Policy,
// sketch and table in their own headers.
#pragma once

#include "cache/shard.hpp"
#include "cache/stats.hpp"
#include "core/async.hpp"
#include "core/deadline.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace mita::cache {

// The monotonic clock of the last tick (at most 4 ms ago): a third of the cost of an exact reading, exact enough for
// lifetimes.
deadline::clock::time_point coarse_now() noexcept;

struct options {
    options() = default;
    std::size_t max_bytes = 8 << 20;  // of everything: entries with their overhead, buckets, sketch
    std::chrono::milliseconds ttl{300'000};
    std::chrono::milliseconds negative_ttl{5'000};
    double jitter = 0.1;
    std::chrono::milliseconds load_timeout{2'000};       // of a load itself, whoever waits for it
    deadline::clock::time_point (*now)() = &coarse_now;  // tests move it
};

// Sizer: std::size_t operator()(const Key&, const Value&): bytes the entry occupies on the heap beside the node itself
// (the value object, the buffers of its strings and of the key). Hash: used only for keys that are neither text nor
// plain bytes (keyed_hash.hpp).
template <class Key, class Value, class Sizer, class Hash = std::hash<Key>>
class cache {
public:
    using ptr = std::shared_ptr<const Value>;
    struct found {
        ptr value;  // null: a negative entry
    };

    explicit cache(options o, Sizer sizer = Sizer(), Hash hash = Hash());
    cache(const cache&) = delete;
    cache& operator=(const cache&) = delete;

    // Counts a hit or a miss; expired entries are misses (counted stale). No allocation. A text key is also found by
    // string_view.
    template <class K>
    std::optional<found> find(const K& key) {
        return look<true>(key);
    }
    // As find, for a value that is held against the database before it is used; `judge` counts it then: what was there
    // but no longer right is a miss.
    template <class K>
    std::optional<found> peek(const K& key) {
        return look<false>(key);
    }
    template <class K>
    void judge(const K& key, bool right);
    // ttl: overrides the option's (a token's exp), 0 or less keeps nothing; jitter only shortens it. A load in flight
    // for the key is cut off: the newer value stays.
    void insert(const Key& key, ptr value, std::optional<std::chrono::milliseconds> ttl = std::nullopt);
    // Removes the entry and cuts off a load in flight: what that load brings is given to its waiters but not kept.
    void invalidate(const Key& key);
    void clear();

    // find, else one load per key over all workers: `load` is awaitable<ptr>(Key, deadline) and runs as a coroutine of
    // its own on the leader's executor; a leader's timeout does not end it. Throws deadline_exceeded for this caller,
    // or what the load threw (errors are never cached). A null result is cached for negative_ttl. Name the loader
    // before the await.
    template <class Load>
    awaitable<ptr> get(Key key, Load load, deadline d);
    // The second half of get, for callers whose own find() just missed: the miss is not counted again.
    template <class Load>
    awaitable<ptr> fetch(Key key, Load load, deadline d);

    // Exact at the moment each shard is read.
    stats snapshot() const;
    // Drops expired entries of the next 1/64 of the buckets; called by a timer, O(step).
    void clean_up();

private:
    using shard_type = shard<Key, Value>;
    using load_type = typename shard_type::load;
    struct joined {
        std::optional<found> present;
        std::shared_ptr<load_type> flight;
        bool leader = false;
    };
    class load_guard;

    std::int64_t now() const { return std::chrono::nanoseconds(options_.now().time_since_epoch()).count(); }
    template <bool Counted, class K>
    std::optional<found> look(const K& key);
    template <class K>
    std::uint64_t hash_key_of(const K& key) const noexcept;
    shard_type& shard_of(std::uint64_t hash) const {
        return *shards_[static_cast<std::size_t>(hash >> 60) & shard_mask_];
    }
    std::size_t weigh(const Key& key, const ptr& value) const;
    // Lifetime in nanoseconds, jitter applied; 0 or less: not to be kept.
    std::int64_t lifetime(bool negative, std::optional<std::chrono::milliseconds> ttl, std::uint64_t random) const;
    void put(shard_type& s, std::uint64_t hash, const Key& key, ptr value, std::optional<std::chrono::milliseconds> ttl,
             load_type* from);
    joined join(const Key& key);
    void finish(load_type& l, ptr value, std::exception_ptr error, std::int64_t began);
    template <class Load>
    static awaitable<void> run(cache* self, std::shared_ptr<load_type> flight, Load load);

    options options_;
    [[no_unique_address]] Sizer sizer_;
    [[no_unique_address]] Hash hash_;
    hash_key secret_;
    std::vector<std::unique_ptr<shard_type>> shards_;
    std::size_t shard_mask_;
    std::atomic<std::int64_t> last_cleanup_{0};
};

}  // namespace mita::cache

#include "cache/cache_impl.hpp"
