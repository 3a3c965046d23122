// bcrypt on the lanes of one thread: start a hash whenever a lane is free, step() all of them by one key-expansion
// round, take the finished ones. A lane that ends is closed up at once, so hashes of any costs share the thread and
// none waits for a batch. Used by the pool's workers, the self-test and the calibration. Not thread-safe: one engine,
// one thread.
#pragma once

#include "auth/hashing/bcrypt_format.hpp"
#include "auth/hashing/lanes.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace mita::hashing {

// Which widths may be used: [n] for n lanes at once; [0] unused. [1] must be true.
using lane_widths = std::array<bool, max_lanes + 1>;
inline constexpr lane_widths all_widths{false, true, true, true, true, true, true};

class lane_engine {
public:
    using tag = std::uint32_t;  // the caller's name for a hash

    explicit lane_engine(const lane_kernels& kernels, const lane_widths& usable = all_widths);
    ~lane_engine();  // wipes
    lane_engine(const lane_engine&) = delete;
    lane_engine& operator=(const lane_engine&) = delete;

    // Copies what it needs of the password: its first 72 bytes, NUL included (a C string's end is not special here).
    // One salted round runs at once. Precondition: !full().
    void start(tag t, std::string_view password, const bcrypt::setting& how);

    // One key-expansion round of every active lane: 27 us for one to 44 us for six on a 3.7 GHz core.
    void step();

    unsigned active() const { return active_; }
    bool full() const { return active_ == max_lanes; }
    // Rounds until the next lane ends; 0: one has ended and waits for take(). Precondition: active() > 0.
    std::uint32_t soonest() const;
    // Rounds left in lane i < active(), and whose it is.
    std::uint32_t remaining(unsigned i) const { return remaining_[i]; }
    tag owner(unsigned i) const { return tags_[i]; }

    // The digest of lane i, which has ended; it stays as it is.
    bcrypt::digest sum(unsigned i) const;
    // So many more rounds for lane i, whose digest is not wanted any more.
    void prolong(unsigned i, std::uint32_t rounds) { remaining_[i] += rounds; }
    // The digest of lane i, which has ended (remaining(i) == 0). The lane is wiped and closed: the last one takes its
    // place.
    bcrypt::digest take(unsigned i);
    // Gives lane i up; wiped and closed likewise.
    void drop(unsigned i);

    // Key-expansion rounds a hash of this cost takes: the unit of all time estimates. The start counts as one.
    static std::uint32_t rounds(unsigned cost) { return (2U << cost) + 1; }

private:
    void close(unsigned i);

    const lane_kernels& kernels_;
    lane_widths usable_;
    std::unique_ptr<std::array<lane, max_lanes>> lanes_;
    unsigned active_ = 0;
    std::array<std::uint32_t, max_lanes> remaining_{};
    std::array<tag, max_lanes> tags_{};
};

}  // namespace mita::hashing
