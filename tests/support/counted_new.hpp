// Counts what operator new hands out in this thread, for tests of paths that must not allocate. Include in exactly one
// file of a suite: it replaces the global operators. Sanitizers bring their own, so under them nothing is counted (the
// release suite counts).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MITA_TEST_SANITIZED 1
#endif
#endif

namespace mita::test {
inline thread_local std::uint64_t allocation_count = 0;
inline std::uint64_t allocations() { return allocation_count; }
#ifdef MITA_TEST_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif
}  // namespace mita::test

#ifndef MITA_TEST_SANITIZED
void* operator new(std::size_t n) {
    ++mita::test::allocation_count;
    if (void* p = std::malloc(n == 0 ? 1 : n)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t n) { return operator new(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
#endif
