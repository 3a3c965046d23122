// How often each hash was seen lately: a 4-bit count-min sketch of depth 4 whose counters of one hash share a 64-byte
// block (one cache line per look). It ages by halving, block by block as samples come, so that no call is ever
// O(table). Used by the cache's policy under its shard's mutex. (TinyLFU: Einziger, Friedman, Manes, ACM TOS 2017.)
#pragma once

#include "cache/zero_pages.hpp"

#include <cstddef>
#include <cstdint>

namespace mita::cache {

class frequency_sketch {
public:
    static constexpr unsigned max_frequency = 15;

    // words: 64-bit words of counters, rounded up to a power of two of at least 8; about one per expected entry is
    // enough.
    explicit frequency_sketch(std::size_t words);

    // Counts one sight of `hash`. Every counter is halved once per 10 x `entries` sights (the sample of the paper).
    void increment(std::uint64_t hash, std::size_t entries) noexcept;
    // 0..15; never under the true count since the last halvings, over it on collisions.
    unsigned frequency(std::uint64_t hash) const noexcept;
    void clear() noexcept;
    std::size_t bytes() const noexcept { return words_ * sizeof(std::uint64_t); }

private:
    void age(std::size_t entries) noexcept;

    std::size_t words_;
    zero_pages<std::uint64_t> table_;
    std::size_t next_to_halve_ = 0;  // block
    std::size_t credit_ = 0;         // samples x blocks not yet spent on halving
};

}  // namespace mita::cache
