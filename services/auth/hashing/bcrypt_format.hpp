// The text of a bcrypt hash, "$2b$12$" + 22 characters of salt + 31 of digest, to and from its parts. Pure.
// Strict: what is not exactly the string libxcrypt would print is refused, so "*0", "!", "" and cut hashes match
// nothing.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::hashing::bcrypt {

inline constexpr unsigned min_cost = 4;
inline constexpr unsigned max_cost = 14;  // 1 s a hash; an imported hash above it would be a way to stop the service

// The letter after "$2". b and y are the correct algorithm; a is the same plus libxcrypt's guard against collisions
// with x; x repeats a sign-extension bug of 2011 and is accepted only for imports flagged as such.
enum class variant : char { a = 'a', b = 'b', x = 'x', y = 'y' };

struct setting {
    variant kind = variant::b;
    unsigned cost = 12;
    std::array<std::uint8_t, 16> salt{};
    bool operator==(const setting&) const = default;
};
using digest = std::array<std::uint8_t, 23>;

enum class allow_x : bool { no, yes };

// "$2b$12$" + 22 characters, nothing after. nullopt: other letters, cost outside 4..14, a character outside
// ./A-Za-z0-9, or a salt whose last character carries bits that the format drops.
std::optional<setting> parse_setting(std::string_view text, allow_x x = allow_x::no);

struct complete {
    setting how;
    digest sum;
};
// The same plus 31 characters of digest: 60 in all.
std::optional<complete> parse_hash(std::string_view text, allow_x x = allow_x::no);

std::string format(const setting& s);                   // 29 characters
std::string format(const setting& s, const digest& d);  // 60 characters

}  // namespace mita::hashing::bcrypt
