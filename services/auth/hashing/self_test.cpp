#include "auth/hashing/self_test.hpp"

#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/libxcrypt.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::hashing {

namespace {

using clock = std::chrono::steady_clock;

double ns_since(clock::time_point t) { return std::chrono::duration<double, std::nano>(clock::now() - t).count(); }

struct sample {
    std::string_view password;
    bcrypt::setting how;
    std::optional<bcrypt::digest> expected;
};

// Short, long, high bytes, the guard of variant a, and the bug of variant x, one for each lane.
std::vector<sample> samples(double& libxcrypt_round_ns) {
    using enum bcrypt::variant;
    std::vector<sample> all{
        {"", {b, 4, {0x10, 0x41, 0x04}}, {}},
        {"U*U*U", {y, 4, {0x71, 0xd7, 0x9f, 0x82, 0x18}}, {}},
        {"\xff\xff\xa3\x34", {a, 4, {0xff, 0xff, 0xff, 0xff}}, {}},
        {"\xa3", {x, 4, {0x05, 0x03, 0x00, 0x85}}, {}},
        {"correct horse battery staple correct horse battery staple correct horse battery", {b, 4, {0, 1, 2, 3}}, {}},
        {"\xd1\x91", {a, 4, {0xaa, 0x55}}, {}},
    };
    libxcrypt oracle;
    libxcrypt_round_ns = std::numeric_limits<double>::max();
    for (sample& s : all) {
        const auto begin = clock::now();
        s.expected = oracle.digest(s.password, s.how);
        libxcrypt_round_ns = std::min(libxcrypt_round_ns, ns_since(begin) / lane_engine::rounds(4));
    }
    return all;
}

// Runs n samples, one in each lane, using no width but n and 1, so that the other widths cannot hide a fault.
bool width_is_right(const lane_kernels& kernels, unsigned n, const std::vector<sample>& all, double& best_ns) {
    lane_widths only{};
    only[1] = only[n] = true;
    lane_engine engine(kernels, only);
    for (unsigned i = 0; i < n; ++i) engine.start(i, all[i].password, all[i].how);
    best_ns = std::numeric_limits<double>::max();
    while (engine.soonest() > 0) {
        const auto begin = clock::now();
        engine.step();
        best_ns = std::min(best_ns, ns_since(begin));
    }
    bool right = true;
    while (engine.active() > 0) {
        const unsigned last = engine.active() - 1;
        const auto expected = all[engine.owner(last)].expected;
        const auto found = engine.take(last);
        right = right && expected && found == *expected;
    }
    return right;
}

}  // namespace

self_test_result self_test(const lane_kernels& kernels) {
    self_test_result r;
    const auto all = samples(r.round_ns[0]);
    std::string wrong;
    for (unsigned n = 1; n <= max_lanes; ++n) {
        r.status.usable[n] = width_is_right(kernels, n, all, r.round_ns[n]);
        if (!r.status.usable[n]) wrong += (wrong.empty() ? "" : ", ") + std::to_string(n);
    }
    r.status.degraded = !wrong.empty();
    r.status.fallback = !r.status.usable[1];
    if (r.status.fallback) {
        r.status.usable = {};
        r.status.message =
            std::string("bcrypt kernel \"") + kernels.name + "\" differs from crypt_r: libxcrypt computes all hashes";
    } else if (r.status.degraded) {
        r.status.message = std::string("bcrypt kernel \"") + kernels.name + "\" differs from crypt_r at widths " +
                           wrong + ": these are not used";
        // What the engine makes of an unusable width, so that time estimates stay true.
        for (unsigned n = 2; n <= max_lanes; ++n) {
            if (r.status.usable[n]) continue;
            unsigned width = n;
            while (!r.status.usable[width]) --width;
            r.round_ns[n] = r.round_ns[width] + r.round_ns[n - width];
        }
    }
    return r;
}

}  // namespace mita::hashing
