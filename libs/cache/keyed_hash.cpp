#include "cache/keyed_hash.hpp"

#include "core/ids.hpp"

#include <bit>
#include <cstring>

namespace mita::cache {

namespace {

struct sip_state {
    std::uint64_t v0, v1, v2, v3;

    void round() noexcept {
        v0 += v1;
        v1 = std::rotl(v1, 13) ^ v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16) ^ v2;
        v0 += v3;
        v3 = std::rotl(v3, 21) ^ v0;
        v2 += v1;
        v1 = std::rotl(v1, 17) ^ v2;
        v2 = std::rotl(v2, 32);
    }
};

}  // namespace

hash_key random_hash_key() {
    hash_key key;
    random_bytes(&key, sizeof(key));
    return key;
}

std::uint64_t keyed_hash(const hash_key& key, const void* data, std::size_t size) noexcept {
    static_assert(std::endian::native == std::endian::little);
    sip_state s{key.k0 ^ 0x736f6d6570736575u, key.k1 ^ 0x646f72616e646f6du, key.k0 ^ 0x6c7967656e657261u,
                key.k1 ^ 0x7465646279746573u};
    const auto* at = static_cast<const unsigned char*>(data);
    const unsigned char* const last = at + (size & ~std::size_t{7});
    std::uint64_t word = 0;
    for (; at != last; at += 8) {
        std::memcpy(&word, at, 8);
        s.v3 ^= word;
        s.round();
        s.v0 ^= word;
    }
    word = 0;
    if ((size & 7) != 0) std::memcpy(&word, at, size & 7);
    word |= static_cast<std::uint64_t>(size) << 56;
    s.v3 ^= word;
    s.round();
    s.v0 ^= word;
    s.v2 ^= 0xff;
    s.round();
    s.round();
    s.round();
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

}  // namespace mita::cache
