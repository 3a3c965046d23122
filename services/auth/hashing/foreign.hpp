// Hashes that other systems made and `users import` takes (P5): PBKDF2 and scrypt, as passlib and Django write them.
// They are verified as they are and renewed at the first login. Synchronous; pure but for OpenSSL. Thread-safe.
//   $pbkdf2-sha256$29000$SALT$SUM   $pbkdf2-sha512$…   $pbkdf2$…    ('.' for '+', no padding)
//   pbkdf2_sha256$600000$salt$SUM=  pbkdf2_sha1$…                   (the salt as it stands, padded base64)
//   $scrypt$ln=16,r=8,p=1$SALT$SUM
#pragma once

#include "auth/hashing/argon2.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::hashing::foreign {

// Above these a hash is refused: it could stop the service.
inline constexpr std::uint32_t max_iterations = 2'000'000;
inline constexpr std::uint64_t max_scrypt_bytes = 64ULL << 20;

enum class kind : unsigned char { pbkdf2_sha1, pbkdf2_sha256, pbkdf2_sha512, scrypt };

struct parsed {
    kind how = kind::pbkdf2_sha256;
    std::uint32_t iterations = 0;           // PBKDF2
    std::uint64_t n = 0, r = 0, lanes = 0;  // scrypt
    std::string salt, sum;                  // bytes
};

// nullopt: none of these forms, malformed or above the limits.
std::optional<parsed> parse(std::string_view text);

// What it costs, said as argon2id that takes about as long and as much memory: by it the pool decides whom to admit.
argon2::params price(const parsed& p);

// Compares in constant time. False also for what parse() refuses and when memory cannot be had.
bool verify(std::string_view password, std::string_view text);

}  // namespace mita::hashing::foreign
