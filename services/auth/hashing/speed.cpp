#include "auth/hashing/speed.hpp"

#include <algorithm>

namespace mita::hashing {

namespace {

// Weight of one observation: a worker makes one in about 0.3 ms, so 30 ms of them move the figure most of the way.
constexpr double weight = 1.0 / 64;
constexpr double argon2_weight = 1.0 / 4;

double work(const argon2::params& p) { return static_cast<double>(p.memory_kib) * p.passes; }

}  // namespace

void speed::seed(const std::array<double, max_lanes + 1>& shape) { shape_ = shape; }

void speed::observe_rounds(unsigned width, double ns_per_round) {
    // A single outlier (the thread was not scheduled for a while) counts as at most ten times slower.
    const double seen = std::min(ns_per_round / shape_[width], 10.0 * factor_.load(std::memory_order_relaxed));
    const double old = factor_.load(std::memory_order_relaxed);
    factor_.store(old + weight * (seen - old), std::memory_order_relaxed);
}

double speed::round_ns(unsigned width) const { return shape_[width] * factor_.load(std::memory_order_relaxed); }

void speed::observe_argon2(const argon2::params& p, double ns) {
    const double old = argon2_ns_per_kib_.load(std::memory_order_relaxed);
    argon2_ns_per_kib_.store(old + argon2_weight * (ns / work(p) - old), std::memory_order_relaxed);
}

double speed::argon2_ns(const argon2::params& p) const {
    return work(p) * argon2_ns_per_kib_.load(std::memory_order_relaxed);
}

double predicted_start_ns(std::span<double> left, std::size_t ahead, double job_ns) {
    const auto lane = static_cast<std::ptrdiff_t>(ahead % left.size());
    std::nth_element(left.begin(), left.begin() + lane, left.end());
    return left[static_cast<std::size_t>(lane)] + static_cast<double>(ahead / left.size()) * job_ns;
}

}  // namespace mita::hashing
