// The token check every service runs: cache hit (re-checking exp, nbf, revocations, key state, audience), else verify
// and keep. A hit costs a keyed hash and a full compare: no malloc, no crypto, no SQL (B4). One per process,
// thread-safe; rules C1-C9. Outlives the coroutines that use it.
#pragma once

#include "cache/stats.hpp"
#include "core/async.hpp"
#include "core/clock.hpp"
#include "core/deadline.hpp"
#include "jwt/revocations.hpp"
#include "jwt/token.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mita::jwt {

struct validator_options {
    validator_options() = default;
    policy rules;
    std::size_t cache_bytes = 4 << 20;                     // 0: cache off
    std::chrono::milliseconds cache_ttl{300'000};          // and never past exp
    std::chrono::milliseconds feed_silence_limit{10'000};  // C7
    std::chrono::milliseconds refetch_interval{5'000};     // T4: at most one JWKS refetch in it
    std::chrono::milliseconds refetch_timeout{2'000};      // of one refetch, whoever waits for it
    // Where the refetch runs: the worker that owns its http client. Unset: the worker of the request that asked first.
    std::optional<executor> refetch_on;
    // The clocks, moved by tests.
    std::int64_t (*unix_seconds)() = &wall::unix_seconds;
    std::int64_t (*steady_ms)() = nullptr;  // null: std::chrono::steady_clock
};

class validator {
public:
    // refetch: brings the current JWKS text (from auth, or from auth's own keys); called at most once per
    // refetch_interval for an unknown kid, single-flight over all workers. May be null: then the set is only what
    // set_keys gave.
    using refetch_fn = std::function<awaitable<std::string>(deadline)>;
    validator(validator_options o, revocations& revoked, refetch_fn refetch);
    ~validator();

    void set_keys(key_set keys);  // thread-safe swap; cached tokens of removed keys die at once
    bool has_keys() const;
    // Keys are there and revocations were heard of once: before that no token may be judged good (C7).
    bool can_judge() const;

    // The whole check. result ok => value set. Never throws for a bad token; may throw deadline_exceeded. `token` is
    // valid until the end of the await.
    awaitable<decoded> check(std::string_view token, deadline d);
    // Only the cached or locally verifiable answer, without awaiting: unknown_key when a refetch would be needed.
    decoded check_now(std::string_view token);
    // C7: the feed has been silent too long; money-moving and admin scopes must be refused with 503.
    bool degraded() const;
    std::chrono::milliseconds feed_silence_limit() const;

    cache::stats cache_stats() const;
    std::uint64_t verified_by_crypto() const;
    std::uint64_t refetches() const;
    std::uint64_t refetch_failures() const;
    void clean_up();  // drops expired cached tokens, a part per call; for a timer

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::jwt
