#include "finance/categories/words.hpp"

#include "core/text.hpp"
#include "core/utf8.hpp"

namespace mita::finance {

namespace {

bool separates(char32_t c) {
    return c == ' ' || c == '-' || c == '_' || c == '/' || c == '&' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212;
}

}  // namespace

std::string word_of(std::string_view text) { return without_separators(text::fold(text)); }

std::string without_separators(std::string_view folded) {
    std::string out;
    for (std::size_t at = 0; at < folded.size();) {
        const auto from = at;
        if (!separates(utf8::next(folded, at))) out.append(folded, from, at - from);
    }
    return out;
}

}  // namespace mita::finance
