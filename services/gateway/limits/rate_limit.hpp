// Rate limits by GCRA (virtual scheduling; ATM Forum TM 4.0 4.4.2): one 16-byte slot per key, O(1), bounded, shared by
// all workers. Time is steady nanoseconds given by the caller, so tests need no waiting. Thread-safe; a shard's lock is
// held for a few loads.
#pragma once

#include "cache/zero_pages.hpp"
#include "core/config.hpp"

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

namespace mita::gateway {

struct rate_policy {
    rate_policy() = default;
    rate_policy(std::string_view n, config::rate r) : name(n), quota(r.quota), window_s(r.window_s) {}
    bool on() const { return quota > 0; }
    std::string_view name;  // a literal: "user", "write", "login", "register"
    std::int64_t quota = 0, window_s = 0;
};

struct rate_decision {
    bool allowed = true;
    std::int64_t remaining = 0;  // requests left now
    std::int64_t reset_s = 0;    // until the whole quota is there again
    std::int64_t retry_after_s = 0;
};

class rate_limiter {
public:
    // max_bytes bounds the table; when a set is full the key nearest to its full quota gives way.
    explicit rate_limiter(std::size_t max_bytes);

    // Counts one request of `key` against `policy`. A refused request costs nothing.
    rate_decision take(const rate_policy& policy, std::string_view key, std::int64_t now_ns);

private:
    struct slot {
        std::uint64_t tag;  // keyed hash, 0: free
        std::int64_t tat;   // theoretical arrival time, ns
    };
    static constexpr std::size_t ways = 8, shard_count = 16;
    struct set {
        std::array<slot, ways> slots;
    };
    std::span<set> sets_of(std::size_t shard) const;
    std::uint64_t hash(const rate_policy& policy, std::string_view key) const;

    std::array<std::uint64_t, 2> seed_;
    std::size_t sets_per_shard_;
    cache::zero_pages<set> sets_;  // memory is used as keys come
    std::array<std::mutex, shard_count> mutexes_;
};

// The address a limit counts: an IPv4 address as it is, an IPv6 address by its /64 (R20).
std::string rate_key_of_address(std::string_view address);

// Appends, as items of a list, `"name";q=600;w=60` and `"name";r=587;t=31` (draft-ietf-httpapi-ratelimit-headers).
void append_policy(std::string& out, const rate_policy& p);
void append_state(std::string& out, const rate_policy& p, const rate_decision& d);

}  // namespace mita::gateway
