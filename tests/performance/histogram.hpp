// Latencies of the load generator: fixed relative error, any range.
#pragma once

#include <boost/json.hpp>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstdint>
#include <vector>

namespace mita::load {

// Log-linear buckets of nanoseconds, 64 to an octave: an error of at most 1.6 % at any size.
class histogram {
public:
    void add(std::chrono::nanoseconds d) {
        const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(d.count(), 64));
        const auto shift = static_cast<unsigned>(std::bit_width(ns) - 7);
        const auto at = shift * 64 + ((ns >> shift) - 64);
        if (at >= counts_.size()) counts_.resize(at + 1);
        ++counts_[at];
        ++total_;
        max_ = std::max(max_, ns);
    }
    double quantile_us(double q) const {
        const auto wanted = static_cast<std::uint64_t>(q * static_cast<double>(total_));
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen > wanted) return static_cast<double>((64 + i % 64) << (i / 64)) * 1.0078 / 1000;
        }
        return static_cast<double>(max_) / 1000;
    }
    boost::json::object to_json() const {
        return {{"count", total_},
                {"p50", quantile_us(0.5)},
                {"p90", quantile_us(0.9)},
                {"p95", quantile_us(0.95)},
                {"p99", quantile_us(0.99)},
                {"p999", quantile_us(0.999)},
                {"max", static_cast<double>(max_) / 1000}};
    }

private:
    std::vector<std::uint64_t> counts_;
    std::uint64_t total_ = 0, max_ = 0;
};

}  // namespace mita::load
