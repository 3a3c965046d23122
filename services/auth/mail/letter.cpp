#include "auth/mail/letter.hpp"

#include "http/message.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace mita::auth {

namespace {

constexpr std::array<std::string_view, 12> kind_names{
    "verify_email",  "reset_password",   "change_email",       "email_change_asked",
    "email_changed", "password_changed", "account_deleted",    "account_exists",
    "factor_added",  "factor_removed",   "recovery_code_used", "recovery_codes_renewed"};
constexpr std::array<std::string_view, 3> language_names{"en", "bg", "de"};

std::string_view trimmed(std::string_view s) {
    while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
    while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
    return s;
}

// 0..1000 of ";q=0.8"; 1000 without one, 0 for nonsense.
int quality(std::string_view parameters) {
    const auto at = parameters.find("q=");
    if (at == std::string_view::npos) return 1000;
    const auto text = trimmed(parameters.substr(at + 2));
    double q = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), q);
    if (ec != std::errc() || q < 0 || q > 1) return 0;
    return static_cast<int>(q * 1000);
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '&')
            out += "&amp;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

std::string with_about(std::string_view text, std::string_view about) {
    constexpr std::string_view place = "{about}";
    std::string out(text);
    const auto at = out.find(place);
    if (at != std::string::npos) out.replace(at, place.size(), about);
    return out;
}

}  // namespace

std::string_view name(letter_kind k) { return kind_names.at(static_cast<std::size_t>(k)); }
std::string_view name(language l) { return language_names.at(static_cast<std::size_t>(l)); }

std::optional<letter_kind> letter_kind_of(std::string_view text) {
    const auto at = std::find(kind_names.begin(), kind_names.end(), text);
    if (at == kind_names.end()) return std::nullopt;
    return static_cast<letter_kind>(at - kind_names.begin());
}

language language_of(std::string_view text) {
    const auto at = std::find(language_names.begin(), language_names.end(), text);
    return at == language_names.end() ? language::en : static_cast<language>(at - language_names.begin());
}

std::optional<language> preferred_language(std::string_view accept_language) {
    std::optional<language> best;
    int liked = 0;
    while (!accept_language.empty()) {
        const auto comma = std::min(accept_language.find(','), accept_language.size());
        const auto item = accept_language.substr(0, comma);
        accept_language.remove_prefix(std::min(comma + 1, accept_language.size()));
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto range = trimmed(item.substr(0, semicolon));
        const auto primary = range.substr(0, range.find('-'));
        const int q = quality(item.substr(semicolon));
        for (std::size_t i = 0; i < language_names.size(); ++i) {
            if (!http::iequals(primary, language_names.at(i)) || q <= liked) continue;
            liked = q;
            best = static_cast<language>(i);
        }
    }
    return best;
}

letter write_letter(letter_kind k, language l, std::string_view link, std::string_view about) {
    const auto& w = words_of(k, l);
    letter out;
    out.subject = w.subject;
    out.text = with_about(w.text, about) + "\n\n";
    if (!w.button.empty()) out.text += std::string(w.button) + ":\n" + std::string(link) + "\n\n";
    out.text += std::string(w.closing) + "\n\nMITA\n";

    out.html =
        "<!doctype html>\n<html lang=\"" + std::string(name(l)) + "\"><head><meta charset=\"utf-8\"><title>" +
        escaped(w.subject) +
        "</title></head>\n<body style=\"font-family:sans-serif;font-size:16px;line-height:1.5;max-width:36em\">\n<p>" +
        escaped(with_about(w.text, about)) + "</p>\n";
    if (!w.button.empty()) out.html += "<p><a href=\"" + escaped(link) + "\">" + escaped(w.button) + "</a></p>\n";
    out.html += "<p>" + escaped(w.closing) + "</p>\n<p>MITA</p>\n</body></html>\n";
    return out;
}

}  // namespace mita::auth
