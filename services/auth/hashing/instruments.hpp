// The pool's figures as metrics: histograms that its threads fill, and values read at scrape.
// Used by the auth service's wiring; a pool without instruments keeps its own counts only.
#pragma once

#include "auth/hashing/job.hpp"
#include "core/metrics.hpp"

#include <array>

namespace mita::hashing {

class pool;

struct instruments {
    std::array<metrics::histogram*, job_classes> wait{};  // submit to start, seconds; null: not wanted
    metrics::histogram* work = nullptr;                   // start to end of completed hashes
};

instruments make_instruments(metrics::registry& r);

// Depth, lanes, hashes by algorithm and cost, refused and dropped by reason, fallback. `p` must outlive r's users.
void expose(metrics::registry& r, const pool& p);

}  // namespace mita::hashing
