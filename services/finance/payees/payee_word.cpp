#include "finance/payees/payee_word.hpp"

#include "core/text.hpp"
#include "finance/categories/words.hpp"

#include <string>
#include <utility>

namespace mita::finance {

std::string payee_word_of(std::string_view text) {
    auto folded = text::search_key(text);
    std::erase(folded, '\0');  // no text of the database has one: it is refused where it is read, and asked for nowhere
    auto word = without_separators(folded);
    return word.empty() ? std::move(folded) : std::move(word);
}

}  // namespace mita::finance
