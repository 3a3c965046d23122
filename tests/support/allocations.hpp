// What operator new does in this thread, counted, and which of all allocations fails, asio's own among them. True in
// suites that include support/counted_new.hpp in one of their files; sanitizers bring their own operators, so under
// them nothing is counted and nothing fails.
#pragma once

#include <cstdint>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MITA_TEST_SANITIZED 1
#endif
#endif

namespace mita::test {

#ifdef MITA_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

inline thread_local std::uint64_t allocation_count = 0;
inline thread_local std::uint64_t before_failing = 0;  // so many allocations from now on; 0: none fails
inline std::uint64_t allocations() { return allocation_count; }

// The n-th allocation of this thread from now on fails, alone. failing_now(): it is still to come.
inline void fail_allocation(std::uint64_t n) { before_failing = n; }
inline bool failing_now() { return before_failing != 0; }

inline bool fails_now() { return before_failing != 0 && --before_failing == 0; }

}  // namespace mita::test
