#include "auth/people/text.hpp"

#include "core/text.hpp"
#include "core/utf8.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <array>

namespace mita::auth {

std::string folded(std::string_view given) {
    const auto whole = text::nfc(given);
    if (!whole) return std::string(given);
    std::string out;
    for (std::size_t at = 0; at < whole->size();) {
        std::array<char, U8_MAX_LENGTH> bytes{};
        std::size_t n = 0;
        const auto c = static_cast<UChar32>(utf8::next(*whole, at));
        U8_APPEND_UNSAFE(bytes.data(), n, u_foldCase(c, U_FOLD_CASE_DEFAULT));
        out.append(bytes.data(), n);
    }
    return text::nfc(out).value_or(out);
}

bool visible(std::string_view given) {
    for (std::size_t at = 0; at < given.size();) {
        const char32_t c = utf8::next(given, at);
        if (c == utf8::invalid || text::is_hidden(c)) return false;
        const auto i = static_cast<UChar32>(c);
        if (u_isUWhiteSpace(i) != 0 || u_charType(i) == U_UNASSIGNED) return false;
    }
    return true;
}

}  // namespace mita::auth
