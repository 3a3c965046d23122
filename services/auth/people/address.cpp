#include "auth/people/address.hpp"

#include "core/text.hpp"
#include "core/utf8.hpp"

#include <unicode/bytestream.h>
#include <unicode/idna.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace mita::auth {

namespace {

constexpr std::size_t max_email = 254;  // octets, of an address as of each part below (RFC 5321 4.5.3.1)
constexpr std::size_t max_local = 64, max_label = 63;

bool ascii(std::string_view s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool local_character(char c) {
    return alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80 ||
           std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
bool domain_character(char c) { return alphanumeric(c) || c == '-'; }

// Parts of 1..max characters with single dots between.
template <class Good>
bool dotted(std::string_view text, std::size_t max, Good good) {
    for (;;) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        if (part.empty() || part.size() > max || !std::all_of(part.begin(), part.end(), good)) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

// No white space, nothing hidden, nothing unassigned.
bool visible(std::string_view given) {
    for (std::size_t at = 0; at < given.size();) {
        const char32_t c = utf8::next(given, at);
        if (c == utf8::invalid || text::is_hidden(c)) return false;
        const auto i = static_cast<UChar32>(c);
        if (u_isUWhiteSpace(i) != 0 || u_charType(i) == U_UNASSIGNED) return false;
    }
    return true;
}

std::optional<std::string> ascii_domain(std::string_view given) {
    std::string out;
    if (ascii(given) && given.find("xn--") == std::string_view::npos && given.find("XN--") == std::string_view::npos) {
        out = text::fold(given);  // nothing to convert, and names with "--" in them exist
    } else {
        UErrorCode fault = U_ZERO_ERROR;
        const std::unique_ptr<icu::IDNA> uts46(icu::IDNA::createUTS46Instance(
            UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII, fault));
        icu::IDNAInfo info;
        icu::StringByteSink<std::string> sink(&out);
        if (U_SUCCESS(fault))
            uts46->nameToASCII_UTF8(icu::StringPiece(given.data(), static_cast<std::int32_t>(given.size())), sink, info,
                                    fault);
        if (U_FAILURE(fault)) throw std::runtime_error("ICU: no IDNA");
        if (info.hasErrors()) return std::nullopt;
    }
    const bool hyphen_at_an_edge = out.starts_with('-') || out.ends_with('-') || out.find("-.") != std::string::npos ||
                                   out.find(".-") != std::string::npos;
    if (hyphen_at_an_edge || !dotted(out, max_label, domain_character)) return std::nullopt;
    return out;
}

}  // namespace

std::optional<std::string> canonical_address(std::string_view email) {
    const auto at = email.find('@');  // npos is beyond any length
    if (at > max_local || email.size() > max_email || !visible(email)) return std::nullopt;
    const auto local = text::fold(email.substr(0, at));
    if (!dotted(local, max_local, local_character)) return std::nullopt;
    const auto domain = ascii_domain(email.substr(at + 1));
    if (!domain || local.size() + 1 + domain->size() > max_email) return std::nullopt;
    return local + '@' + *domain;
}

std::string former_form(std::string_view email) {
    const auto whole = text::nfc(email);
    if (!whole) return std::string(email);
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

}  // namespace mita::auth
