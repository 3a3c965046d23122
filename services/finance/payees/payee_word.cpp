#include "finance/payees/payee_word.hpp"

#include "core/text.hpp"
#include "finance/categories/words.hpp"

#include <utility>

namespace mita::finance {

std::string payee_word_of(std::string_view text) {
    auto folded = text::search_key(text);
    auto word = without_separators(folded);
    return word.empty() ? std::move(folded) : std::move(word);
}

}  // namespace mita::finance
