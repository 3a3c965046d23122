// What different spellings of a category's name have in common, so that uniqueness, aliases and lookup compare one
// form. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mita::finance {

// Case, composition, width and invisible characters (text::fold), spaces, dashes, '_', '/' and '&' do not matter.
// Empty: the text names nothing.
std::string word_of(std::string_view text);
// The last of it alone: of what is folded already.
std::string without_separators(std::string_view folded);

}  // namespace mita::finance
