// The suite's allocation counter (support/counted_new.hpp lives in token_test.cpp), seen from its other files.
#pragma once

#include <cstdint>

namespace mita::test {
std::uint64_t allocation_total();
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool under_sanitizer = true;
#else
inline constexpr bool under_sanitizer = false;
#endif
#else
inline constexpr bool under_sanitizer = false;
#endif
}  // namespace mita::test
