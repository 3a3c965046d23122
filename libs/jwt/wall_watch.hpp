// Notices when the wall clock is set back, so that a token that had expired stays expired (C9) while tokens issued on
// the new time are judged by it. Used by the validator on every check: a few relaxed loads. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>

namespace mita::jwt {

class wall_watch {
public:
    // Both clocks as just read: unix seconds, monotonic milliseconds.
    void observe(std::int64_t wall_s, std::int64_t steady_ms) noexcept;
    // The instant by which a token issued at `issued_at` has to be judged now: never before what this clock has shown
    // while that token could exist.
    std::int64_t judge_at(std::int64_t issued_at, std::int64_t wall_s, std::int64_t steady_ms) const noexcept;

private:
    static constexpr std::int64_t unset = std::numeric_limits<std::int64_t>::min();
    static constexpr std::int64_t tolerance_ms = 2'000;  // whole seconds and slewing are no steps

    // offset = wall - steady, milliseconds
    std::atomic<std::int64_t> highest_{unset}, last_{unset};
    std::atomic<std::int64_t> seen_steady_{unset};
    std::atomic<std::int64_t> stepped_to_{unset};  // tokens issued before this instant may be older than the step
};

}  // namespace mita::jwt
