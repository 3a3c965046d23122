#include "cache/keyed_hash.hpp"

#include "core/ids.hpp"

#include <bit>
#include <cstring>

namespace mita::cache {

hash_key random_hash_key() {
    hash_key key;
    random_bytes(&key, sizeof(key));
    return key;
}

std::uint64_t keyed_hash(const hash_key& key, const void* data, std::size_t size) noexcept {
    static_assert(std::endian::native == std::endian::little);
    sip_state s(key);
    const auto* at = static_cast<const unsigned char*>(data);
    const unsigned char* const last = at + (size & ~std::size_t{7});
    std::uint64_t word = 0;
    for (; at != last; at += 8) {
        std::memcpy(&word, at, 8);
        s.take(word);
    }
    word = 0;
    if ((size & 7) != 0) std::memcpy(&word, at, size & 7);
    return s.finish(word | static_cast<std::uint64_t>(size) << 56);
}

}  // namespace mita::cache
