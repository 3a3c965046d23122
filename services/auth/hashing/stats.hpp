// A snapshot of the pool in plain numbers: the service exports them as metrics and shows the kernel's state in /health
// and log.
#pragma once

#include "auth/hashing/bcrypt_format.hpp"
#include "auth/hashing/job.hpp"
#include "auth/hashing/lanes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace mita::hashing {

// Outcome of the start-up self-test against crypt_r. A width that failed is never used; when none is left, or width 1
// is lost, every bcrypt hash goes through libxcrypt.
struct kernel_status {
    std::array<bool, max_lanes + 1> usable{};  // [n]: n lanes at once; [0] unused
    bool fallback = false;                     // libxcrypt computes everything
    bool degraded = false;                     // at least one width is not used: log it, /health degraded, metric 1
    std::string message;                       // empty when all is well; for log and /health
};

enum class shed_reason : std::uint8_t { none, predicted_wait, queue_full, stopping };
inline constexpr std::size_t shed_reasons = 4;

struct class_stats {
    std::size_t queued = 0;    // submitted, not started
    std::size_t reserved = 0;  // tickets out, not submitted
    std::size_t active = 0;    // running
    std::uint64_t admitted = 0;
    std::array<std::uint64_t, shed_reasons> shed{};  // refused by admit, by reason
    std::uint64_t dropped_deadline = 0;
    std::uint64_t dropped_cancelled = 0;
    std::uint64_t failed = 0;
};

struct pool_stats {
    unsigned threads = 0;
    unsigned lanes = 0;  // threads × max_lanes
    unsigned lanes_in_use = 0;
    std::array<class_stats, job_classes> by_class{};                  // index: job_class
    std::array<std::uint64_t, bcrypt::max_cost + 1> bcrypt_hashes{};  // completed, by cost
    std::array<std::uint64_t, max_lanes + 1> rounds_by_width{};       // key-expansion rounds run, by lanes at once
    std::uint64_t libxcrypt_hashes = 0;                               // of bcrypt_hashes, those computed by libxcrypt
    std::uint64_t argon2_hashes = 0;
    kernel_status kernel;
};

}  // namespace mita::hashing
