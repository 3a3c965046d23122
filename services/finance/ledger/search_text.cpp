#include "finance/ledger/search_text.hpp"

#include "core/text.hpp"
#include "core/utf8.hpp"

namespace mita::finance {

namespace {

// Characters that a trigram is made of, at least: what is no letter in ASCII is none, the rest is taken for letters.
bool in_words(char32_t c) { return c > 0x7f || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

}  // namespace

std::optional<std::string> search_key_of(const std::optional<std::string>& payee,
                                         const std::optional<std::string>& note) {
    if (!payee && !note) return std::nullopt;
    return text::search_key(payee.value_or("")) + '\n' + text::search_key(note.value_or(""));
}

std::optional<search_pattern> pattern_of(std::string_view asked) {
    constexpr int of_a_trigram = 3;
    const auto key = text::search_key(asked);
    if (key.empty()) return std::nullopt;
    search_pattern out{"%", false};
    int run = 0;
    for (std::size_t at = 0; at < key.size();) {
        const auto from = at;
        const char32_t c = utf8::next(key, at);
        run = in_words(c) ? run + 1 : 0;
        out.indexed = out.indexed || run >= of_a_trigram;
        if (c == '%' || c == '_' || c == '\\') out.like += '\\';
        out.like.append(key, from, at - from);
    }
    out.like += '%';
    return out;
}

}  // namespace mita::finance
