// A cache bounded in bytes: 16 shards, a mutex each, O(1) inside, never held across an await; W-TinyLFU (1 % window, SLRU 80/20,
// 4-bit sketch; Einziger, Friedman, Manes 2017) with seeded hashes and admission that resists hash flooding; TTL with +-10 % jitter;
// single-flight over all workers. Values are shared_ptr<const V>; a null value is a negative entry ("known to be absent").
// Thread-safe. Template part here, policy and sketch in their own headers.
#pragma once

#include "cache/stats.hpp"
#include "core/async.hpp"
#include "core/deadline.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace mita::cache {

struct options {
    options() = default;
    std::size_t max_bytes = 8 << 20;
    std::chrono::milliseconds ttl{300'000};
    std::chrono::milliseconds negative_ttl{5'000};
    double jitter = 0.1;
    std::chrono::milliseconds load_timeout{2'000};  // of a load itself, whoever waits for it
};

// Sizer: std::size_t operator()(const Key&, const Value&): bytes the entry occupies, without the cache's own fixed overhead.
template <class Key, class Value, class Sizer, class Hash = std::hash<Key>>
class cache {
public:
    using ptr = std::shared_ptr<const Value>;
    struct found {
        ptr value;  // null: a negative entry
    };

    explicit cache(options o, Sizer sizer = Sizer(), Hash hash = Hash());

    // Counts a hit or a miss; expired entries are misses (counted stale).
    std::optional<found> find(const Key& key);
    // ttl: overrides the option's (a token's exp); jitter only shortens it.
    void insert(const Key& key, ptr value, std::optional<std::chrono::milliseconds> ttl = std::nullopt);
    // Removes the entry and detaches a load in flight: what that load brings is given to its waiters but not kept.
    void invalidate(const Key& key);
    void clear();

    // find, else one load per key over all workers: `load` is awaitable<ptr>(Key, deadline) and runs as a coroutine of its own on the
    // leader's executor; a leader's timeout does not end it. Throws deadline_exceeded for this caller, or what the load threw
    // (errors are never cached). A null result is cached for negative_ttl. Name the loader before the await.
    template <class Load>
    awaitable<ptr> get(Key key, Load load, deadline d);

    stats snapshot() const;
    // Drops expired entries of a few buckets; called by a timer, O(step).
    void clean_up();
};

}  // namespace mita::cache
