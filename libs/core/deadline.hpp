// A deadline is a value: made at the edge, passed to every leaf, enforced there, sent on as remaining milliseconds.
// Monotonic time only; a clock step does not move it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace mita {

class deadline {
public:
    using clock = std::chrono::steady_clock;

    // `after` from now. There is no "never": every wait has a deadline.
    static deadline after(clock::duration d) { return deadline(clock::now() + d); }
    static deadline at(clock::time_point t) { return deadline(t); }

    clock::time_point time() const { return at_; }
    bool expired() const { return clock::now() >= at_; }
    // Never negative.
    std::chrono::milliseconds remaining() const {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(at_ - clock::now());
        return left.count() > 0 ? left : std::chrono::milliseconds(0);
    }
    // The sooner of this and `d` from now: a leaf's own limit under the caller's.
    deadline capped(clock::duration d) const {
        const auto other = clock::now() + d;
        return deadline(other < at_ ? other : at_, db_us_);
    }

    // The same, whose waits for the database are added to `us`, which outlives every leaf: what a request's log says.
    deadline counting_db(std::int64_t& us) const { return deadline(at_, &us); }
    void add_db(clock::duration took) const {
        if (db_us_ != nullptr) *db_us_ += std::chrono::duration_cast<std::chrono::microseconds>(took).count();
    }

private:
    explicit deadline(clock::time_point t, std::int64_t* db_us = nullptr) : at_(t), db_us_(db_us) {}
    clock::time_point at_;
    std::int64_t* db_us_;
};

// Header between services, value = remaining milliseconds (a duration: clocks differ).
inline constexpr std::string_view deadline_header = "X-Request-Deadline-Ms";

// Thrown by leaves whose deadline passed; http::server turns it into 504.
struct deadline_exceeded : std::runtime_error {
    deadline_exceeded() : std::runtime_error("deadline exceeded") {}
    explicit deadline_exceeded(const char* what) : std::runtime_error(what) {}
};

}  // namespace mita
