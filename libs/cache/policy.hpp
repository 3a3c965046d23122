// Which entries stay: W-TinyLFU over intrusive lists (window 1 % LRU, main SLRU with 80 % protected), weights in bytes.
// Knows neither keys nor values; used by a shard under its mutex. Every call is O(1), amortised over entries moved
// between segments. A newcomer leaving the window must be seen more often than the entry it would push out; ties keep
// the resident. One in 128 warm losers is let in at random, so that an attacker who made a resident look frequent by
// collisions cannot pin it for ever.
#pragma once

#include "cache/frequency_sketch.hpp"

#include <cstddef>
#include <cstdint>

namespace mita::cache {

enum class segment : std::uint8_t { none, window, probation, guarded };

// The part of an entry that the policy and the table link.
struct entry {
    entry* prev = nullptr;   // in its segment
    entry* next = nullptr;   // in its segment; after removal free for the owner's use
    entry* chain = nullptr;  // in its bucket
    std::uint64_t hash = 0;
    std::int64_t expires = 0;  // steady nanoseconds
    std::size_t weight = 0;    // bytes
    segment where = segment::none;
    std::uint32_t moved = 0;  // the policy's count of moves when it last became the newest
};

class segment_list {
public:
    void push_newest(entry& e) noexcept;
    void unlink(entry& e) noexcept;
    entry* oldest() const noexcept { return oldest_; }
    std::size_t bytes() const noexcept { return bytes_; }
    std::size_t size() const noexcept { return size_; }
    void reweigh(entry& e, std::size_t weight) noexcept;

private:
    entry* newest_ = nullptr;
    entry* oldest_ = nullptr;
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

class policy {
public:
    enum class reason { evicted, rejected, expired };

    // budget: bytes of all entries; words: size of the sketch; seed: of the random admission.
    policy(std::size_t budget, std::size_t words, std::uint64_t seed);

    bool fits(std::size_t weight) const noexcept { return weight <= budget_; }
    void add(entry& e) noexcept;    // unlinked before; counts a sight
    void touch(entry& e) noexcept;  // a hit
    void remove(entry& e) noexcept;
    void reweigh(entry& e, std::size_t weight) noexcept;
    // Unlinks and returns the next entry to drop, nullptr when all fits. Call until nullptr after add and reweigh.
    entry* next_victim(std::int64_t now, reason& why) noexcept;
    void clear() noexcept { sketch_.clear(); }

    std::size_t bytes() const noexcept { return window_.bytes() + probation_.bytes() + guarded_.bytes(); }
    std::size_t size() const noexcept { return window_.size() + probation_.size() + guarded_.size(); }
    std::size_t budget() const noexcept { return budget_; }
    std::size_t window_bytes() const noexcept { return window_.bytes(); }
    std::size_t guarded_bytes() const noexcept { return guarded_.bytes(); }
    std::size_t guarded_limit() const noexcept { return guarded_limit_; }
    std::size_t sketch_bytes() const noexcept { return sketch_.bytes(); }
    unsigned frequency(std::uint64_t hash) const noexcept { return sketch_.frequency(hash); }

private:
    static constexpr unsigned warm = 6;  // sights from which a loser may be let in at random

    segment_list& list_of(const entry& e) noexcept;
    void move_to(entry& e, segment to) noexcept;
    bool admit(const entry& newcomer, const entry& resident) noexcept;
    void guard_within_limit() noexcept;

    std::size_t budget_, window_limit_, guarded_limit_;
    segment_list window_, probation_, guarded_;
    frequency_sketch sketch_;
    std::uint64_t random_;
    std::uint32_t moves_ = 0;
    entry* newcomer_ = nullptr;  // left the window, contesting; only set between calls of next_victim
};

}  // namespace mita::cache
