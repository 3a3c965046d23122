#include "auth/hashing/speed.hpp"

#include <algorithm>

namespace mita::hashing {

namespace {

// Observations are weighed by the work they stand for, so that the factor is time spent over time expected, with a
// memory of 150 ms of work. A thread that is not scheduled for a while shows up as it should; one stop counts as a
// quarter of a second.
constexpr double memory_ns = 150e6;
constexpr double longest_stop_ns = 250e6;
constexpr double argon2_weight = 1.0 / 4;

double work(const argon2::params& p) { return static_cast<double>(p.memory_kib) * p.passes; }

}  // namespace

void speed::seed(const std::array<double, max_lanes + 1>& shape) { shape_ = shape; }

void speed::observe_rounds(unsigned width, unsigned rounds, double ns) {
    const double expected = shape_[width] * rounds;
    const double seen = std::min(ns, expected * factor_.load(std::memory_order_relaxed) + longest_stop_ns) / expected;
    const double weight = expected / (expected + memory_ns);
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
    const auto whole_turns = ahead / left.size();
    std::nth_element(left.begin(), left.begin() + lane, left.end());
    return left[static_cast<std::size_t>(lane)] + static_cast<double>(whole_turns) * job_ns;
}

}  // namespace mita::hashing
