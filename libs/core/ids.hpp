// UUIDs: version 7 (RFC 9562) made here, because public ids are time-ordered and PostgreSQL 15 has no uuidv7().
// Used by services for every id, by clients offline for their own. Thread-safe; randomness from OpenSSL's RAND_bytes.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mita {

struct uuid {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const uuid&) const = default;
    bool is_nil() const { return bytes == std::array<std::uint8_t, 16>{}; }
    int version() const { return bytes[6] >> 4; }
    // Milliseconds since the Unix epoch held by a version 7 id.
    std::int64_t unix_ms() const;
    std::string str() const;  // lower case, 36 characters
    // Strict: 36 characters, hyphens in place, hex of either case. Nothing else.
    static std::optional<uuid> parse(std::string_view text);
};

// A new version 7 id from the wall clock (core/clock) and 74 random bits; monotonic within a thread and millisecond.
uuid new_uuid();

// Is `id` one a client may choose: version 7, RFC variant, clock within 24 h of ours?
bool acceptable_client_id(const uuid& id);

// Throws std::runtime_error without entropy.
void random_bytes(void* out, std::size_t n);

}  // namespace mita

template <>
struct std::hash<mita::uuid> {
    std::size_t operator()(const mita::uuid& id) const noexcept;
};
