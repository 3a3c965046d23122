// Whether a password is one that everybody thinks of, in the ways people bend them (P6): case, accents, leet, digits
// and punctuation hung on, written twice or backwards, a few keys over and over, a walk over the keyboard. Used by
// password_rules. Pure.
#pragma once

#include <string_view>

namespace mita::auth {

// `password`: UTF-8, as typed. Some microseconds.
bool is_common_password(std::string_view password);

}  // namespace mita::auth
