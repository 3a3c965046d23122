// One shard of cache::cache: entries, policy, loads in flight and counters. Every member is used under `mutex`; what a
// call removes is handed to a `remains`, so that values are destroyed after the mutex is released.
#pragma once

#include "cache/brief_mutex.hpp"
#include "cache/keyed_hash.hpp"
#include "cache/policy.hpp"
#include "cache/single_flight.hpp"
#include "cache/stats.hpp"
#include "cache/table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace mita::cache {

template <class Key, class Value>
struct node : entry {
    node(Key k, std::shared_ptr<const Value> v) : key(std::move(k)), value(std::move(v)) {}
    Key key;
    std::shared_ptr<const Value> value;  // null: known to be absent
};

// Fixed bytes an entry costs beside what the sizer says: the node, the value's control block, malloc's own share of
// both, and its part of the bucket array and the sketch.
template <class Key, class Value>
inline constexpr std::size_t entry_overhead = sizeof(node<Key, Value>) + 16 + 16 + 16;

template <class Key, class Value>
class remains {
public:
    remains() = default;
    remains(const remains&) = delete;
    remains& operator=(const remains&) = delete;
    ~remains() {
        while (head_ != nullptr) {
            entry* next = head_->next;
            delete static_cast<node<Key, Value>*>(head_);
            head_ = next;
        }
    }
    void take(entry& e) noexcept {
        e.next = head_;
        head_ = &e;
    }
    void take(std::shared_ptr<const Value> value) noexcept { value_ = std::move(value); }

private:
    entry* head_ = nullptr;
    std::shared_ptr<const Value> value_;
};

// Aligned, so that the mutex and the counters of hits and misses are one cache line, and no other shard's.
template <class Key, class Value>
class alignas(64) shard {
public:
    using ptr = std::shared_ptr<const Value>;
    using item = node<Key, Value>;
    using dead = remains<Key, Value>;

    // A load in flight. `kept` falls when the key is invalidated or written meanwhile: its result then goes to its
    // waiters only.
    struct load : flight<ptr> {
        load(Key k, std::uint64_t h, std::int64_t latest) : key(std::move(k)), hash(h), until(latest) {}
        Key key;
        std::uint64_t hash;
        std::int64_t until;  // steady nanoseconds after which it counts as lost and another may start
        bool kept = true;
        std::shared_ptr<load> next;
    };

    shard(std::size_t budget, std::size_t buckets, std::uint64_t seed)
        : buckets_(buckets), rules_(budget, buckets, seed), random_(~seed) {}
    ~shard() { clear_unlocked(); }
    shard(const shard&) = delete;
    shard& operator=(const shard&) = delete;

    // The live entry of a key, without counting it; an expired one is dropped.
    template <class K>
    item* find(std::uint64_t hash, const K& key, std::int64_t now, dead& out) noexcept {
        item* it = lookup(hash, key);
        if (it == nullptr || it->expires > now) return it;
        ++counters.stale;
        ++counters.expired;
        drop(*it, out);
        return nullptr;
    }
    void touch(item& it) noexcept { rules_.touch(it); }

    // Takes a made node (key, value, hash, expires, weight set); merges it into a present entry of the same key.
    void insert(std::unique_ptr<item> made, std::int64_t now, dead& out) noexcept {
        item* old = lookup(made->hash, made->key);
        if (!rules_.fits(made->weight)) {
            ++counters.rejections;
            if (old != nullptr) drop(*old, out);
            out.take(*made.release());
            return;
        }
        if (old != nullptr) {
            std::swap(old->value, made->value);
            old->expires = made->expires;
            rules_.reweigh(*old, made->weight);
            rules_.touch(*old);
            out.take(*made.release());
        } else {
            buckets_.link(*made);
            rules_.add(*made.release());
        }
        make_room(now, out);
    }

    template <class K>
    void erase(std::uint64_t hash, const K& key, dead& out) noexcept {
        if (item* it = lookup(hash, key)) drop(*it, out);
    }

    std::shared_ptr<load> find_load(std::uint64_t hash, const Key& key) const {
        auto at = loads_[slot(hash)];
        while (at && !(at->hash == hash && at->key == key)) at = at->next;
        return at;
    }
    void add_load(std::shared_ptr<load> l) {
        auto& head = loads_[slot(l->hash)];
        l->next = std::move(head);
        head = std::move(l);
    }
    // Takes the load out of the shard; what it brings is not kept any more. Idempotent.
    void remove_load(load& l) noexcept {
        if (!std::exchange(l.kept, false)) return;
        auto* at = &loads_[slot(l.hash)];
        while (at->get() != &l) at = &(*at)->next;
        const std::shared_ptr<load> self = std::move(*at);
        *at = std::move(self->next);
    }

    void clear(dead& out) noexcept {
        for (std::size_t i = 0; i < buckets_.buckets(); ++i)
            while (entry* e = buckets_.at(i)) drop(static_cast<item&>(*e), out);
        for (auto& head : loads_)
            while (head) remove_load(*head);
        rules_.clear();
    }

    // Looks at the next `step` buckets.
    void sweep(std::size_t step, std::int64_t now, dead& out) noexcept {
        for (; step > 0; --step) {
            entry* e = buckets_.at(cursor_);
            cursor_ = (cursor_ + 1) & (buckets_.buckets() - 1);
            while (e != nullptr) {
                entry* next = e->chain;
                if (e->expires <= now) {
                    ++counters.expired;
                    drop(static_cast<item&>(*e), out);
                }
                e = next;
            }
        }
    }

    std::size_t buckets() const noexcept { return buckets_.buckets(); }
    std::uint64_t random() noexcept { return next_random(random_); }
    stats count() const {
        stats s = counters;
        s.entries = rules_.size();
        s.bytes = rules_.bytes() + buckets_.bytes() + rules_.sketch_bytes();
        return s;
    }

    brief_mutex mutex;
    stats counters;

private:
    static constexpr std::size_t load_slots = 16;
    static std::size_t slot(std::uint64_t hash) noexcept { return static_cast<std::size_t>(hash >> 8) % load_slots; }

    template <class K>
    item* lookup(std::uint64_t hash, const K& key) const noexcept {
        for (entry* e = buckets_.first(hash); e != nullptr; e = e->chain)
            if (e->hash == hash && static_cast<item*>(e)->key == key) return static_cast<item*>(e);
        return nullptr;
    }

    void drop(item& it, dead& out) noexcept {
        rules_.remove(it);
        buckets_.unlink(it);
        out.take(it);
    }

    void make_room(std::int64_t now, dead& out) noexcept {
        policy::reason why{};
        while (entry* e = rules_.next_victim(now, why)) {
            if (why == policy::reason::expired) ++counters.expired;
            if (why == policy::reason::rejected) ++counters.rejections;
            if (why == policy::reason::evicted) {
                ++counters.evictions;
                counters.evicted_bytes += e->weight;
            }
            buckets_.unlink(*e);
            out.take(*e);
        }
    }

    void clear_unlocked() noexcept {
        dead out;
        clear(out);
    }

    table buckets_;
    policy rules_;
    std::array<std::shared_ptr<load>, load_slots> loads_;
    std::uint64_t random_;
    std::size_t cursor_ = 0;
};

}  // namespace mita::cache
