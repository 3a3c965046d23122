// The bucket array of a shard: entries chained through themselves, sized once from the byte budget, so that no insert
// ever rehashes under the mutex. Not thread-safe.
#pragma once

#include "cache/policy.hpp"
#include "cache/zero_pages.hpp"

#include <cstddef>
#include <cstdint>

namespace mita::cache {

class table {
public:
    // buckets: rounded up to a power of two.
    explicit table(std::size_t buckets);

    entry* first(std::uint64_t hash) const noexcept { return heads_[index(hash)]; }
    entry* at(std::size_t bucket) const noexcept { return heads_[bucket]; }
    void link(entry& e) noexcept;
    void unlink(entry& e) noexcept;
    std::size_t buckets() const noexcept { return mask_ + 1; }
    std::size_t bytes() const noexcept { return buckets() * sizeof(entry*); }

private:
    std::size_t index(std::uint64_t hash) const noexcept { return static_cast<std::size_t>(hash) & mask_; }

    std::size_t mask_;
    zero_pages<entry*> heads_;
};

}  // namespace mita::cache
