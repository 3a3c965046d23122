#include "cache/table.hpp"

#include <algorithm>
#include <bit>

namespace mita::cache {

table::table(std::size_t buckets) : mask_(std::bit_ceil(std::max<std::size_t>(buckets, 8)) - 1), heads_(mask_ + 1) {}

void table::link(entry& e) noexcept {
    auto& head = heads_[index(e.hash)];
    e.chain = head;
    head = &e;
}

void table::unlink(entry& e) noexcept {
    entry** at = &heads_[index(e.hash)];
    while (*at != &e) at = &(*at)->chain;
    *at = e.chain;
    e.chain = nullptr;
}

}  // namespace mita::cache
