// What different spellings of a payee have in common, so that finding, naming and filtering compare one form. The
// schema makes the same of a stored search key (payee_word in 016_payees.sql). Pure.
#pragma once

#include <string>
#include <string_view>

namespace mita::finance {

// As a search compares (no case, no accents), and without spaces, dashes, '_', '/' and '&', unless nothing else is
// there: "7-Eleven", "7 ELEVEN" and "7eléven" are one. Empty: the text names nobody.
std::string payee_word_of(std::string_view text);

}  // namespace mita::finance
