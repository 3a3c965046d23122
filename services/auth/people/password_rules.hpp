// Which passwords a person may choose (P3, P6; NIST 800-63B-4): length, not composition; nothing common;
// nothing that is only the person's own address or our name. Applied at register and change, never at login.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace mita::auth {

inline constexpr std::size_t min_password = 8, max_password = 128;  // Unicode code points
inline constexpr std::size_t hashing_limit = 512;                   // bytes, checked before any hashing

// nullopt: fine. `password` in its composed form (auth/text.hpp); that it has at most max_password code points as typed
// is the reader's business. least: code points; an operator may want more of them where no second factor stands behind.
std::optional<field_error> password_fault(std::string_view password, std::string_view email,
                                          std::size_t least = min_password);

}  // namespace mita::auth
