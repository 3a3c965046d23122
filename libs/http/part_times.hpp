// Where a request's time went, for the log's line of a slow one: coarse (some ms), as one in thousands is told and all
// pay for it.
#pragma once

#include "core/log.hpp"

#include <chrono>
#include <ctime>

namespace mita::http {

struct part_times {
    using clock = std::chrono::steady_clock;

    // The steady clock as of its last tick: a fifth of the cost.
    static clock::time_point now() {
        std::timespec t{};
        ::clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return clock::time_point(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
    }

    clock::time_point admitted{}, received{}, handled{};  // the epoch: not that far, or nothing to do there

    std::chrono::microseconds connection{0};  // of handling, waited for one to the service that answers

    // verify_ms (who asks, limits), read_ms (the body), handle_ms and write_ms; of handle_ms, where it was waited for,
    // connection_ms.
    void say(logger::line& to, clock::time_point began, clock::time_point ended) const;
};

}  // namespace mita::http
