#include "auth/hashing/stats.hpp"

#include <algorithm>

namespace mita::hashing {

void time_histogram::add(double seconds) {
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
    ++counts[static_cast<std::size_t>(at)];
    ++count;
    sum += seconds;
}

}  // namespace mita::hashing
