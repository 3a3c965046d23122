#include "cache/frequency_sketch.hpp"

#include <algorithm>
#include <bit>

namespace mita::cache {

namespace {

constexpr std::size_t block_words = 8;

struct place {
    std::size_t word;
    unsigned shift;
};

// Counter i of a hash lies in words 2i and 2i+1 of the block: one bit picks the word, four the nibble.
struct places {
    std::size_t block;
    std::uint64_t bits;

    places(std::uint64_t hash, std::size_t words) noexcept
        : block((static_cast<std::size_t>(hash >> 16) & (words / block_words - 1)) * block_words),
          bits((hash ^ (hash >> 31)) * 0xbf58476d1ce4e5b9u >> 32) {}
    place at(unsigned i) const noexcept {
        const auto pick = static_cast<unsigned>(bits >> (i * 8));
        return {block + 2 * i + (pick & 1), ((pick >> 1) & 15) * 4};
    }
};

}  // namespace

frequency_sketch::frequency_sketch(std::size_t words)
    : words_(std::bit_ceil(std::max(words, block_words))), table_(words_) {}

void frequency_sketch::increment(std::uint64_t hash, std::size_t entries) noexcept {
    const places where(hash, words_);
    bool added = false;
    for (unsigned i = 0; i < 4; ++i) {
        const auto p = where.at(i);
        if (((table_[p.word] >> p.shift) & 15) != max_frequency) {
            table_[p.word] += std::uint64_t{1} << p.shift;
            added = true;
        }
    }
    if (added) age(entries);
}

unsigned frequency_sketch::frequency(std::uint64_t hash) const noexcept {
    const places where(hash, words_);
    unsigned least = max_frequency;
    for (unsigned i = 0; i < 4; ++i) {
        const auto p = where.at(i);
        least = std::min(least, static_cast<unsigned>((table_[p.word] >> p.shift) & 15));
    }
    return least;
}

void frequency_sketch::clear() noexcept {
    for (std::size_t i = 0; i < words_; ++i)
        if (table_[i] != 0) table_[i] = 0;  // a page never counted in stays the kernel's
    next_to_halve_ = 0;
    credit_ = 0;
}

void frequency_sketch::age(std::size_t entries) noexcept {
    const std::size_t blocks = words_ / block_words;
    const std::size_t sample = std::max(10 * std::max<std::size_t>(entries, 8), blocks);
    credit_ += blocks;
    if (credit_ < sample) return;
    credit_ -= sample;
    for (std::size_t i = 0; i < block_words; ++i) {
        auto& word = table_[next_to_halve_ * block_words + i];
        word = (word >> 1) & 0x7777777777777777u;
    }
    next_to_halve_ = (next_to_halve_ + 1) & (blocks - 1);
}

}  // namespace mita::cache
