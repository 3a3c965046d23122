// A small fixed set of tokens known to be no good, by a keyed 128-bit digest: those with a bad signature (C6) and those
// that have expired (C9). Never grows, newest win. Used by the validator on its miss path only. Thread-safe.
#pragma once

#include "cache/keyed_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <vector>

namespace mita::jwt {

class token_memory {
public:
    struct digest {
        std::uint64_t a = 0, b = 0;
        bool operator==(const digest&) const = default;
    };

    // slots: rounded up to a power of two; 24 bytes each.
    explicit token_memory(std::size_t slots);

    // `salt` separates what must not be confused (the generation of the key set).
    digest digest_of(std::string_view token, std::uint64_t salt = 0) const noexcept;
    bool contains(const digest& d, std::int64_t steady_ms) const;
    void add(const digest& d, std::int64_t until_steady_ms);

private:
    static constexpr std::size_t ways = 4;
    struct slot {
        digest d;
        std::int64_t until = 0;
    };

    cache::hash_key first_, second_;
    mutable std::mutex mutex_;
    std::vector<slot> slots_;
    std::size_t turn_ = 0;
};

}  // namespace mita::jwt
