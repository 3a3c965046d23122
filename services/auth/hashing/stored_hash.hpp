// What the users table holds: a self-describing line that names algorithm, cost and pepper. Pure.
//   $mita$v=1$alg=bcrypt$pepper=p1$2b$12$…           prehashed with pepper p1, then bcrypt
//   $mita$v=1$alg=argon2id$pepper=p1$argon2id$v=19$… prehashed with pepper p1, then argon2id
//   $2a$ $2b$ $2y$, $argon2id$, PBKDF2, scrypt         imported: the password itself (bcrypt: its first 72 bytes), no
//                                                    prehash
#pragma once

#include "auth/hashing/argon2.hpp"
#include "auth/hashing/bcrypt_format.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace mita::hashing {

enum class algorithm : unsigned char { bcrypt, argon2id };

// How new hashes are made. Operators change it; old hashes stay valid and are renewed after the next successful login.
struct policy {
    algorithm alg = algorithm::bcrypt;
    unsigned cost = 12;  // bcrypt: 10..14
    argon2::params argon2{};
    std::string pepper = "1";  // id of the pepper that new hashes use
};

struct stored_hash {
    std::optional<std::string> pepper;                   // unset: imported, no prehash
    std::variant<bcrypt::complete, argon2::params> how;  // of a foreign one, argon2id of its price
    std::string inner;  // the standard string: "$2b$…", "$argon2id$…" or what foreign.hpp reads
};

// 1..16 of A-Za-z0-9_-.
bool valid_pepper_id(std::string_view id);

// nullopt: empty, "!", "*0", unknown version, algorithm or member, cost above 14, anything malformed. Such a line
// matches nothing.
std::optional<stored_hash> parse_stored(std::string_view text, bcrypt::allow_x x = bcrypt::allow_x::no);

std::string format_stored(std::string_view pepper, algorithm alg, std::string_view inner);

// True when a hash of today's policy would be stronger or of another kind: imported, other algorithm, lower cost, other
// pepper, malformed. A higher cost than today's is left alone: rehashing only raises. Store by compare-and-swap on the
// old text.
bool needs_rehash(std::string_view text, const policy& p);

}  // namespace mita::hashing
