// How long things take here: the time of one key-expansion round for each number of lanes, seeded by the self-test and
// following what the workers measure. Admission and the drop of late jobs count on it. Thread-safe, lock-free.
#pragma once

#include "auth/hashing/argon2.hpp"
#include "auth/hashing/lanes.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <span>

namespace mita::hashing {

class speed {
public:
    // shape[n]: ns of a round of n lanes on a quiet core. One factor over all widths follows the measurements, so that
    // what is learnt at one width (a busy neighbour, a slower clock) holds for the others.
    void seed(const std::array<double, max_lanes + 1>& shape);
    void observe_rounds(unsigned width, unsigned rounds, double ns);
    double round_ns(unsigned width) const;  // width 1..6

    void observe_argon2(const argon2::params& p, double ns);
    double argon2_ns(const argon2::params& p) const;

private:
    std::array<double, max_lanes + 1> shape_{};
    std::atomic<double> factor_{1.0};
    std::atomic<double> argon2_ns_per_kib_{400.0};  // a kibibyte, a pass; 15 ms at 19 MiB, t=2
};

// When would a job that finds `ahead` others before it start, if each takes job_ns and each lane is busy for left[i]
// more ns (0: free)? Exact for equal jobs. Reorders `left`, which must not be empty.
double predicted_start_ns(std::span<double> left, std::size_t ahead, double job_ns);

}  // namespace mita::hashing
