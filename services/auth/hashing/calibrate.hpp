// How fast this machine hashes, and what cost it can afford. `mita-auth calibrate` prints it; the pool uses the quick
// form. Times are wall time on the calling thread: run it on an otherwise idle machine.
#pragma once

#include "auth/hashing/stats.hpp"

#include <array>
#include <chrono>
#include <iosfwd>
#include <optional>
#include <vector>

namespace mita::hashing {

struct calibration_row {
    unsigned cost = 0;
    double libxcrypt_ms = 0;                         // crypt_r, one hash
    std::array<double, max_lanes + 1> latency_ms{};  // [n]: one hash while n run interleaved
    std::array<double, max_lanes + 1> per_second{};  // [n]: hashes a second, one thread
    bool measured = false;                           // false: scaled by powers of two from a measured row
};

struct calibration {
    unsigned threads = 1;
    std::vector<calibration_row> rows;  // costs 4..14
    std::optional<double> argon2_ms;    // one hash at 19 MiB, t=2; empty when memory could not be had
};

// Measures at `measured_cost` (≥ 10 for a true figure: half a second at 10), scales the rest.
calibration calibrate(unsigned threads, unsigned measured_cost = 10);

// The highest cost 4..14 at which `threads` threads answer `logins_per_second` with a fifth in hand and one hash among
// six takes at most `latency`. nullopt: not even cost 4.
std::optional<unsigned> affordable_cost(const calibration& c, double logins_per_second,
                                        std::chrono::milliseconds latency);

// A table for people, with the affordable cost when a rate is given.
void print(std::ostream& out, const calibration& c, std::optional<double> logins_per_second,
           std::chrono::milliseconds latency);

}  // namespace mita::hashing
