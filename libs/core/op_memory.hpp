// Room for one asynchronous operation, kept by who begins it again and again: beginning it then cannot fail for want
// of memory. Bound to a handler by asio::bind_allocator(op_allocator<void>(memory), handler). One operation at a time
// stands in it; what does not fit, or comes while it is taken, is allocated as ever.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace mita {

class op_memory {
public:
    op_memory() = default;
    op_memory(const op_memory&) = delete;
    op_memory& operator=(const op_memory&) = delete;

    void* take(std::size_t n) {
        if (taken_ || n > sizeof place_) return ::operator new(n);
        taken_ = true;
        return place_.data();
    }
    void give_back(void* p) {
        if (p != place_.data()) return ::operator delete(p);
        taken_ = false;
    }

private:
    alignas(std::max_align_t) std::array<std::byte, 256> place_;
    bool taken_ = false;
};

template <class T>
class op_allocator {
public:
    using value_type = T;
    explicit op_allocator(op_memory& of) noexcept : of_(&of) {}
    template <class U>
    op_allocator(const op_allocator<U>& o) noexcept : of_(o.of_) {}  // NOLINT(google-explicit-constructor): a rebind

    T* allocate(std::size_t n) { return static_cast<T*>(of_->take(n * sizeof(T))); }
    void deallocate(T* p, std::size_t) { of_->give_back(p); }
    friend bool operator==(const op_allocator& a, const op_allocator& b) noexcept { return a.of_ == b.of_; }

private:
    template <class U>
    friend class op_allocator;
    op_memory* of_;
};

}  // namespace mita
