#include "jwt/token_memory.hpp"

#include <algorithm>
#include <bit>

namespace mita::jwt {

token_memory::token_memory(std::size_t slots)
    : first_(cache::random_hash_key()),
      second_(cache::random_hash_key()),
      slots_(std::bit_ceil(std::max(slots, ways))) {}

token_memory::digest token_memory::digest_of(std::string_view token, std::uint64_t salt) const noexcept {
    return {cache::keyed_hash({first_.k0, first_.k1 ^ salt}, token),
            cache::keyed_hash({second_.k0, second_.k1 ^ salt}, token)};
}

bool token_memory::contains(const digest& d, std::int64_t steady_ms) const {
    const std::size_t set = static_cast<std::size_t>(d.a) & (slots_.size() - ways);
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < ways; ++i)
        if (slots_[set + i].d == d && slots_[set + i].until > steady_ms) return true;
    return false;
}

void token_memory::add(const digest& d, std::int64_t until_steady_ms) {
    const std::size_t set = static_cast<std::size_t>(d.a) & (slots_.size() - ways);
    const std::lock_guard lock(mutex_);
    std::size_t use = set + turn_++ % ways;
    for (std::size_t i = 0; i < ways; ++i)
        if (slots_[set + i].d == d) use = set + i;
    slots_[use] = {d, until_steady_ms};
}

}  // namespace mita::jwt
