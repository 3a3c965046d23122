// SipHash-1-3 (Aumasson, Bernstein 2012) under a secret of the process: an attacker who does not know it cannot aim
// keys at one bucket or one sketch counter. Used by the cache for its keys and by jwt for tokens. 64 bits: equality is
// always checked as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace mita::cache {

struct hash_key {
    std::uint64_t k0 = 0, k1 = 0;
};

// From the operating system's randomness.
hash_key random_hash_key();
// Any thread, no allocation; about 0.4 ns a byte.
std::uint64_t keyed_hash(const hash_key& key, const void* data, std::size_t size) noexcept;
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
    } else if constexpr (std::has_unique_object_representations_v<Key>) {
        return keyed_hash(secret, &key, sizeof(Key));
    } else {
        const std::uint64_t own = hash(key);
        return keyed_hash(secret, &own, sizeof(own));
    }
}

}  // namespace mita::cache
