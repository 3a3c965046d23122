// A connection's read buffer: bytes are appended at the end and consumed at the front; it grows on request and shrinks
// back when empty, so that an idle connection stays small. Views into it hold until grow() or the next compact().
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace mita::http {

class read_buffer {
public:
    static constexpr std::size_t small = 4 << 10;

    std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }
    std::size_t room() const { return capacity_ - end_; }
    char* end() { return data_.get() + end_; }
    void commit(std::size_t n) { end_ += n; }
    void consume(std::size_t n) { begin_ += n; }
    // Forgets what lies behind the first `n` bytes.
    void truncate(std::size_t n) { end_ = begin_ + n; }

    // At least `n` bytes of room; moves what is held to the front, reallocates when that is not enough.
    void reserve(std::size_t n) {
        if (room() >= n) return;
        if (begin_ > 0) compact();
        if (room() < n) grow(std::max(small, size() + n));
    }
    // Before waiting for the next message.
    void compact() {
        if (empty()) {
            begin_ = end_ = 0;
            if (capacity_ > small) {
                data_.reset();
                capacity_ = 0;
            }
        } else if (begin_ > 0) {
            std::memmove(data_.get(), data_.get() + begin_, size());
            end_ = size();
            begin_ = 0;
        }
    }

private:
    void grow(std::size_t capacity) {
        auto bigger = std::make_unique_for_overwrite<char[]>(capacity);
        const std::size_t held = size();
        if (held > 0) std::memcpy(bigger.get(), data_.get() + begin_, held);
        data_ = std::move(bigger);
        capacity_ = capacity;
        begin_ = 0;
        end_ = held;
    }

    std::unique_ptr<char[]> data_;
    std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

}  // namespace mita::http
