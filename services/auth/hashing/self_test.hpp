// Are the kernels right on this very machine? Each width computes known passwords in every lane position and is
// compared with crypt_r. Run at each start (some 15 ms) by the pool; the service shows the outcome in log, /health and
// a metric.
#pragma once

#include "auth/hashing/lanes.hpp"
#include "auth/hashing/stats.hpp"

#include <array>

namespace mita::hashing {

struct self_test_result {
    kernel_status status;
    // Best time seen of one key-expansion round of n lanes, ns; [0]: of libxcrypt, one hash's time over its rounds.
    std::array<double, max_lanes + 1> round_ns{};
};

self_test_result self_test(const lane_kernels& kernels);

}  // namespace mita::hashing
