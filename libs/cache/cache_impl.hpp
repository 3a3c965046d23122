// The template bodies of cache::cache; included by cache/cache.hpp only.
#pragma once

#include "cache/cache.hpp"
#include "core/clock.hpp"

#include <exception>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

namespace mita::cache {

template <class Key, class Value, class Sizer, class Hash>
cache<Key, Value, Sizer, Hash>::cache(options o, Sizer sizer, Hash hash)
    : options_(o), sizer_(std::move(sizer)), hash_(std::move(hash)), secret_(random_hash_key()) {
    constexpr std::size_t smallest_shard = 64 << 10;
    const std::size_t count = std::clamp<std::size_t>(std::bit_floor(o.max_bytes / smallest_shard), 1, 16);
    const std::size_t share = o.max_bytes / count;
    // As many buckets and sketch words (8 bytes each) as the smallest entries could need; at most an eighth of the
    // budget.
    const std::size_t buckets = std::max<std::size_t>(8, std::bit_floor(share / (entry_overhead<Key, Value> + 32)));
    const std::size_t fixed = 2 * buckets * sizeof(void*);
    for (std::size_t i = 0; i < count; ++i)
        shards_.push_back(
            std::make_unique<shard_type>(share > fixed ? share - fixed : 0, buckets, random_hash_key().k0));
    shard_mask_ = count - 1;
}

template <class Key, class Value, class Sizer, class Hash>
template <class K>
std::uint64_t cache<Key, Value, Sizer, Hash>::hash_key_of(const K& key) const noexcept {
    static_assert(std::is_same_v<K, Key> || std::is_convertible_v<const Key&, std::string_view>,
                  "only text keys are found by another type");
    return hash_of(secret_, key, hash_);
}

template <class Key, class Value, class Sizer, class Hash>
template <bool Counted, class K>
auto cache<Key, Value, Sizer, Hash>::look(const K& key) -> std::optional<found> {
    const std::uint64_t hash = hash_key_of(key);
    const std::int64_t at = now();
    shard_type& s = shard_of(hash);
    typename shard_type::dead out;
    const std::lock_guard lock(s.mutex);
    auto* it = s.find(hash, key, at, out);
    if (it == nullptr) {
        if constexpr (Counted) ++s.counters.misses;
        return std::nullopt;
    }
    if constexpr (Counted) ++s.counters.hits;
    s.touch(*it);
    return found{it->value};
}

template <class Key, class Value, class Sizer, class Hash>
template <class K>
void cache<Key, Value, Sizer, Hash>::judge(const K& key, bool right) {
    shard_type& s = shard_of(hash_key_of(key));
    const std::lock_guard lock(s.mutex);
    ++(right ? s.counters.hits : s.counters.misses);
}

template <class Key, class Value, class Sizer, class Hash>
std::size_t cache<Key, Value, Sizer, Hash>::weigh(const Key& key, const ptr& value) const {
    std::size_t own = 0;
    if (value) {
        own = sizer_(key, *value);
    } else if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
        own = static_cast<std::string_view>(key).size();
    }
    return own + entry_overhead<Key, Value>;
}

template <class Key, class Value, class Sizer, class Hash>
std::int64_t cache<Key, Value, Sizer, Hash>::lifetime(bool negative, std::optional<std::chrono::milliseconds> ttl,
                                                      std::uint64_t random) const {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    const auto base = std::min(ttl.value_or(negative ? options_.negative_ttl : options_.ttl), longest);
    const double whole = static_cast<double>(std::chrono::nanoseconds(base).count());
    const double unit = static_cast<double>(random >> 11) * 0x1p-53;  // [0, 1)
    const double factor = 1.0 + options_.jitter * (ttl ? -unit : 2.0 * unit - 1.0);
    return static_cast<std::int64_t>(whole * factor);
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::put(shard_type& s, std::uint64_t hash, const Key& key, ptr value,
                                         std::optional<std::chrono::milliseconds> ttl, load_type* from) {
    const bool negative = value == nullptr;
    const std::size_t weight = weigh(key, value);
    auto made = std::make_unique<typename shard_type::item>(key, std::move(value));
    made->hash = hash;
    made->weight = weight;
    const std::int64_t at = now();
    typename shard_type::dead out;
    const std::lock_guard lock(s.mutex);
    if (from != nullptr) {
        if (!from->kept) return;  // invalidated or written during the load: the newer truth wins
        s.remove_load(*from);
    } else if (const auto running = s.find_load(hash, key)) {
        s.remove_load(*running);
    }
    const std::int64_t life = lifetime(negative, ttl, s.random());
    if (life <= 0) {
        s.erase(hash, key, out);
        return;
    }
    made->expires = at + life;
    s.insert(std::move(made), at, out);
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::insert(const Key& key, ptr value, std::optional<std::chrono::milliseconds> ttl) {
    const std::uint64_t hash = hash_key_of(key);
    put(shard_of(hash), hash, key, std::move(value), ttl, nullptr);
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::invalidate(const Key& key) {
    const std::uint64_t hash = hash_key_of(key);
    shard_type& s = shard_of(hash);
    typename shard_type::dead out;
    const std::lock_guard lock(s.mutex);
    if (const auto running = s.find_load(hash, key)) s.remove_load(*running);
    s.erase(hash, key, out);
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::clear() {
    for (auto& s : shards_) {
        typename shard_type::dead out;
        const std::lock_guard lock(s->mutex);
        s->clear(out);
    }
}

template <class Key, class Value, class Sizer, class Hash>
stats cache<Key, Value, Sizer, Hash>::snapshot() const {
    stats sum;
    for (const auto& s : shards_) {
        const std::lock_guard lock(s->mutex);
        sum += s->count();
    }
    sum.max_bytes = options_.max_bytes;
    sum.last_cleanup_unix_ms = last_cleanup_.load(std::memory_order_relaxed);
    return sum;
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::clean_up() {
    const std::int64_t at = now();
    for (auto& s : shards_) {
        typename shard_type::dead out;
        const std::lock_guard lock(s->mutex);
        s->sweep(std::min(s->buckets(), std::clamp<std::size_t>(s->buckets() / 64, 64, 4096)), at, out);
    }
    const auto wall_ms = std::chrono::floor<std::chrono::milliseconds>(wall::now().time_since_epoch()).count();
    last_cleanup_.store(wall_ms, std::memory_order_relaxed);
}

template <class Key, class Value, class Sizer, class Hash>
auto cache<Key, Value, Sizer, Hash>::join(const Key& key) -> joined {
    const std::uint64_t hash = hash_key_of(key);
    const std::int64_t at = now();
    shard_type& s = shard_of(hash);
    typename shard_type::dead out;
    joined result;
    const std::lock_guard lock(s.mutex);
    if (auto* it = s.find(hash, key, at, out)) {  // a load ended since the caller's miss
        s.touch(*it);
        result.present = found{it->value};
        return result;
    }
    result.flight = s.find_load(hash, key);
    if (result.flight && result.flight->until > at) {
        ++s.counters.joins;
        return result;
    }
    if (result.flight) s.remove_load(*result.flight);  // long past its timeout: its loader ignores deadlines
    const auto patience = std::chrono::nanoseconds(options_.load_timeout).count() * 3 / 2;
    result.flight = std::make_shared<load_type>(key, hash, at + patience);
    result.leader = true;
    s.add_load(result.flight);
    return result;
}

template <class Key, class Value, class Sizer, class Hash>
void cache<Key, Value, Sizer, Hash>::finish(load_type& l, ptr value, std::exception_ptr error, std::int64_t began) {
    shard_type& s = shard_of(l.hash);
    if (!error) {
        try {
            put(s, l.hash, l.key, value, std::nullopt, &l);
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
            // Not kept, but its waiters have their value.
        }
    }
    {
        const std::lock_guard lock(s.mutex);
        s.remove_load(l);
        ++s.counters.loads;
        if (error) ++s.counters.load_failures;
        s.counters.load_micros += static_cast<std::uint64_t>(std::max<std::int64_t>(0, now() - began) / 1000);
    }
    l.finish(std::move(value), std::move(error));
}

// A load whose coroutine is destroyed without ending (its context goes away) leaves the shard.
template <class Key, class Value, class Sizer, class Hash>
class cache<Key, Value, Sizer, Hash>::load_guard {
public:
    load_guard(cache& owner, load_type& l) : owner_(&owner), load_(&l) {}
    load_guard(const load_guard&) = delete;
    load_guard& operator=(const load_guard&) = delete;
    ~load_guard() {
        if (owner_ == nullptr) return;
        {
            shard_type& s = owner_->shard_of(load_->hash);
            const std::lock_guard lock(s.mutex);
            s.remove_load(*load_);
        }
        load_->abandon();
    }
    void done() { owner_ = nullptr; }

private:
    cache* owner_;
    load_type* load_;
};

template <class Key, class Value, class Sizer, class Hash>
template <class Load>
awaitable<void> cache<Key, Value, Sizer, Hash>::run(cache* self, std::shared_ptr<load_type> flight, Load load) {
    load_guard guard(*self, *flight);
    const std::int64_t began = self->now();
    ptr value;
    std::exception_ptr error;
    try {
        const deadline until = deadline::after(self->options_.load_timeout);
        value = co_await load(flight->key, until);
    } catch (...) {
        error = std::current_exception();
    }
    self->finish(*flight, std::move(value), std::move(error), began);
    guard.done();
}

template <class Key, class Value, class Sizer, class Hash>
template <class Load>
auto cache<Key, Value, Sizer, Hash>::fetch(Key key, Load load, deadline d) -> awaitable<ptr> {
    const joined step = join(key);
    if (step.present) co_return step.present->value;
    if (step.leader) {
        executor ex = co_await asio::this_coro::executor;
        // Whatever the load throws reaches its waiters, whose callers log it; only memory exhaustion could come here.
        asio::co_spawn(ex, run(this, step.flight, std::move(load)), [](std::exception_ptr) {});
    }
    co_return co_await flight<ptr>::wait(step.flight, d);
}

template <class Key, class Value, class Sizer, class Hash>
template <class Load>
auto cache<Key, Value, Sizer, Hash>::get(Key key, Load load, deadline d) -> awaitable<ptr> {
    std::optional<found> hit = find(key);
    if (hit) co_return std::move(hit->value);
    co_return co_await fetch(std::move(key), std::move(load), d);
}

}  // namespace mita::cache
