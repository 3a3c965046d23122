// SipHash-1-3 (Aumasson, Bernstein 2012) under a secret of the process: an attacker who does not know it cannot aim
// keys at one bucket or one sketch counter. Used by the cache for its keys and by jwt for tokens. 64 bits: equality is
// always checked as well.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace mita::cache {

struct hash_key {
    std::uint64_t k0 = 0, k1 = 0;
};

// From the operating system's randomness.
hash_key random_hash_key();

struct sip_state {
    explicit sip_state(const hash_key& key) noexcept
        : v0(key.k0 ^ 0x736f6d6570736575u),
          v1(key.k1 ^ 0x646f72616e646f6du),
          v2(key.k0 ^ 0x6c7967656e657261u),
          v3(key.k1 ^ 0x7465646279746573u) {}
    void take(std::uint64_t word) noexcept {
        v3 ^= word;
        round();
        v0 ^= word;
    }
    // rest: what is left of the text, fewer than 8 bytes, with its whole size in the top byte.
    std::uint64_t finish(std::uint64_t rest) noexcept {
        take(rest);
        v2 ^= 0xff;
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }
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

    std::uint64_t v0, v1, v2, v3;
};

// Any thread, no allocation; about 0.4 ns a byte.
std::uint64_t keyed_hash(const hash_key& key, const void* data, std::size_t size) noexcept;
// The same of one word or two (numbers, uuids): without the loop, where the caller can inline it.
template <std::size_t Size>
std::uint64_t keyed_hash_of(const hash_key& key, const void* data) noexcept {
    static_assert(Size == 8 || Size == 16);
    sip_state s(key);
    std::uint64_t word = 0;
    for (std::size_t at = 0; at < Size; at += 8) {
        std::memcpy(&word, static_cast<const unsigned char*>(data) + at, 8);
        s.take(word);
    }
    return s.finish(std::uint64_t{Size} << 56);
}
inline std::uint64_t keyed_hash(const hash_key& key, std::string_view text) noexcept {
    return keyed_hash(key, text.data(), text.size());
}

// A full-period step for jitter and random admission, not for secrets (splitmix64, Steele, Lea, Flood 2014).
inline std::uint64_t next_random(std::uint64_t& state) noexcept {
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

// The hash of a key of any type: text and plain bytes (integers, uuid) are hashed whole under the secret; another
// type's own Hash is taken and mixed with the secret, which protects the distribution but not against collisions in
// that Hash.
template <class Key, class Hash>
std::uint64_t hash_of(const hash_key& secret, const Key& key, const Hash& hash) noexcept {
    if constexpr (std::is_convertible_v<const Key&, std::string_view>) {
        return keyed_hash(secret, static_cast<std::string_view>(key));
    } else if constexpr (std::has_unique_object_representations_v<Key> && (sizeof(Key) == 8 || sizeof(Key) == 16)) {
        return keyed_hash_of<sizeof(Key)>(secret, &key);
    } else if constexpr (std::has_unique_object_representations_v<Key>) {
        return keyed_hash(secret, &key, sizeof(Key));
    } else {
        const std::uint64_t own = hash(key);
        return keyed_hash(secret, &own, sizeof(own));
    }
}

}  // namespace mita::cache
