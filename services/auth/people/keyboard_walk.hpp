// Passwords that fingers walk: "qwertyuiop", "0987654321", "1qaz2wsx", "йцукенгшщз". Used by bent_password. Pure.
#pragma once

#include <string_view>

namespace mita::auth {

// `text` (UTF-8, lower case) is nothing but straight walks of 4 and more keys over one of the common keyboards (QWERTY,
// QWERTZ, AZERTY, their Cyrillic and Greek ones), to and fro, along a row or down a column; a key may be pressed again.
bool is_keyboard_walk(std::string_view text);

}  // namespace mita::auth
