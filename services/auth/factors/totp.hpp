// Codes by time (RFC 6238): HMAC-SHA-1, six digits, steps of 30 s, as every authenticator has them. One step before and
// after the present one is taken, for clocks that differ; which step it was is told, since each is good once (M1).
// Used by handlers. Pure; thread-safe.
#pragma once

#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

secret new_totp_secret();  // 160 random bits (RFC 4226 4)

// Six digits.
std::string totp_code(std::string_view key, std::int64_t step);

// The step beyond `last` whose code this is, at `unix_seconds`; nullopt: of none. Takes as long for any six digits.
std::optional<std::int64_t> totp_step(std::string_view key, std::string_view code, std::int64_t unix_seconds,
                                      std::int64_t last);

// What authenticators read, mostly as a QR code: otpauth://totp/MITA:address?secret=…
std::string totp_uri(std::string_view key, std::string_view address);

}  // namespace mita::auth
