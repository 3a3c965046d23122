// One-time tokens: 256 random bits in a mail's link, of which the database knows the hash alone. Used by the mail job,
// which makes them, and by the handlers that are shown them. Form: "mot_" + base64url(32 bytes). Pure; thread-safe.
#pragma once

#include "core/secret.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

enum class token_purpose { verify_email, reset_password, change_email };
std::string_view name(token_purpose p);

secret new_one_time_token();

// SHA-256 of the token; nullopt when the text cannot be one (T6, T9: form and length before any look).
std::optional<std::string> hash_of_token(std::string_view text);

// Of the same form under another prefix: what other secrets that the database knows the hash of alone look like.
secret new_opaque_token(std::string_view kind);
std::optional<std::string> hash_of_opaque_token(std::string_view kind, std::string_view text);

}  // namespace mita::auth
