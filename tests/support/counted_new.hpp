// Replaces the global operators (counted, and made to fail) and what asio allocates by (made to fail alike). Include in
// exactly one file of a suite.
#pragma once

#include "support/allocations.hpp"

#include <cstdlib>
#include <new>

#include <malloc.h>

#ifndef MITA_TEST_SANITIZED
void* operator new(std::size_t n) {
    ++mita::test::allocation_count;
    if (mita::test::fails_now()) throw std::bad_alloc();
    if (void* p = std::malloc(n == 0 ? 1 : n)) return p;
    throw std::bad_alloc();
}
void* operator new[](std::size_t n) { return operator new(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

extern "C" void* aligned_alloc(std::size_t alignment, std::size_t n) noexcept {
    return mita::test::fails_now() ? nullptr : ::memalign(alignment, n);
}
#endif
