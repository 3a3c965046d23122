// argon2id by libsodium: the other algorithm, chosen by configuration. Synchronous; the pool runs it on its threads and
// bounds how many run at once by memory. Text form as in the PHC string: "$argon2id$v=19$m=19456,t=2,p=1$salt$sum".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::hashing::argon2 {

struct params {
    std::uint32_t memory_kib = 19456;  // 19 MiB
    std::uint32_t passes = 2;          // with one lane: OWASP's minimum
    bool operator==(const params&) const = default;
    std::size_t bytes() const { return std::size_t{memory_kib} * 1024; }
};
// Above these an imported hash is refused: it could stop the service.
inline constexpr std::uint32_t max_memory_kib = 262144;
inline constexpr std::uint32_t max_passes = 10;

// Strict parse of a complete hash; nullopt if malformed, not argon2id v=19, p > 16 or above the limits.
std::optional<params> parse(std::string_view text);

// nullopt when memory cannot be had. The salt comes from the system's generator.
std::optional<std::string> hash(std::string_view password, const params& p);

// False also for text that is not argon2id. Compares in constant time.
bool verify(std::string_view password, const std::string& text);

}  // namespace mita::hashing::argon2
