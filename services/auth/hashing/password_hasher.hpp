// Passwords for the auth service: policy, peppers and pool in one. Call order of a login: admit() first (503 when
// refused), then the user lookup, then verify() or verify_unknown() with the ticket: both take the same queue and the
// same work. Every refusal costs one hash of each kind that accounts have (P7); a right password costs its own hash.
// Thread-safe; coroutines resume on the caller's executor.
#pragma once

#include "auth/hashing/kinds_met.hpp"
#include "auth/hashing/pool.hpp"
#include "auth/hashing/prehash.hpp"
#include "auth/hashing/stored_hash.hpp"
#include "core/async.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::hashing {

inline constexpr std::size_t max_password_bytes =
    512;  // checked by the handler before admit(); longer ones never match

struct verdict {
    bool match = false;
    bool rehash = false;  // only with match: make a new hash(), store it by compare-and-swap on the old text
};

// A pool whose admission expects this policy's hashes. threads: platform::derived.hashing_threads.
pool_options options_for(const policy& p, unsigned threads);

class password_hasher {
public:
    // Throws std::invalid_argument when the policy is out of range (cost 4..14; configuration should ask for 10..14) or
    // names a pepper the ring has not. x: accept stored $2x$ hashes (imports flagged as made by the faulty code of
    // 2011).
    password_hasher(pool& where, policy p, pepper_ring peppers, bcrypt::allow_x x = bcrypt::allow_x::no);

    // As pool::admit. A rehash after login takes a ticket of its own, class login; when refused, skip it: the next
    // login tries.
    admission admit(job_class k, std::uint64_t client, deadline d);

    // Is this the password of `stored`? A stored text that is malformed, empty, "!" or starts with '*' costs the same
    // time and never matches. Throws overloaded (503, Retry-After) when the deadline passed or the client went while it
    // waited, std::runtime_error when no result could be computed (unknown pepper, no memory).
    awaitable<verdict> verify(ticket t, secret password, std::string stored, cancel_flag cancelled = nullptr);

    // The same work against a dummy hash of today's policy; never matches. For unknown, disabled and locked accounts.
    awaitable<verdict> verify_unknown(ticket t, secret password, cancel_flag cancelled = nullptr);

    // A new stored text by today's policy. Throws as verify(), std::invalid_argument when longer than
    // max_password_bytes.
    awaitable<std::string> hash(ticket t, secret password, cancel_flag cancelled = nullptr);

    // One stored text of each kind that any account has: from then on a refusal does one of each (P7). Kinds that come
    // up otherwise are added when they do.
    void accounts_have(const std::vector<std::string>& one_of_each);

    bool needs_rehash(std::string_view stored) const;
    const policy& current() const { return policy_; }
    pool& lanes() { return pool_; }

private:
    job verification(const secret& password, std::string_view stored, cancel_flag cancelled);

    pool& pool_;
    bcrypt::allow_x x_allowed_;
    policy policy_;
    pepper_ring peppers_;
    std::string dummy_;  // a well-formed stored text of today's policy with a random sum
    kinds_met kinds_;
};

}  // namespace mita::hashing
