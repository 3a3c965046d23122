// A zeroed array straight from the kernel: a page costs memory from its first write on. For tables sized by a budget
// and filled over time; calloc of such sizes clears recycled heap, and an idle service paid megabytes for it. Used by
// table and frequency_sketch. Throws std::bad_alloc.
#pragma once

#include <cstddef>
#include <memory>

namespace mita::cache {

void* map_zeroed(std::size_t bytes);
void unmap(void* at, std::size_t bytes) noexcept;

template <class T>
class zero_pages {
public:
    explicit zero_pages(std::size_t n) : items_(static_cast<T*>(map_zeroed(n * sizeof(T))), release{n * sizeof(T)}) {}
    T& operator[](std::size_t i) const noexcept { return items_[i]; }
    T* data() const noexcept { return items_.get(); }

private:
    struct release {
        std::size_t bytes;
        void operator()(T* p) const noexcept { unmap(static_cast<void*>(p), bytes); }
    };
    std::unique_ptr<T[], release> items_;
};

}  // namespace mita::cache
