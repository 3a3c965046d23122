#include "cache/zero_pages.hpp"

#include <sys/mman.h>

#include <new>

namespace mita::cache {

void* map_zeroed(std::size_t bytes) {
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    return at;
}

void unmap(void* at, std::size_t bytes) noexcept { ::munmap(at, bytes); }

}  // namespace mita::cache
