// Recovery codes: what a person writes down for the day the authenticator is lost. 120 random bits each, of which the
// database knows the hash alone (M4). Form: six groups of four letters and digits; read in either case, with or without
// hyphens and spaces. Used by handlers. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

inline constexpr std::size_t recovery_codes_a_set = 10;

struct recovery_set {
    std::vector<std::string> codes;   // for the person, once
    std::vector<std::string> hashes;  // in hex, for the database
};
recovery_set new_recovery_codes();

// SHA-256 of the code; nullopt when the text cannot be one.
std::optional<std::string> hash_of_recovery_code(std::string_view text);

}  // namespace mita::auth
