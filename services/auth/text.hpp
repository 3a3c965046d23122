// Text that people type, in one form whatever keyboard it came from: e-mail addresses and passwords. Unicode by ICU;
// ASCII, which is nearly all, never gets there. Input is UTF-8. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mita::auth {

// Canonical composition (NFC, UAX 15): e and a combining accent become the accented letter.
std::string composed(std::string_view text);
// What is equal without regard to case and composition becomes equal (simple case folding).
std::string folded(std::string_view text);
// No white space, control, format, private or unassigned character.
bool visible(std::string_view text);

}  // namespace mita::auth
