#include "auth/people/password_rules.hpp"

#include "auth/people/bent_password.hpp"
#include "core/text.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace mita::auth {

namespace {

constexpr std::size_t least_word = 4;  // shorter context words stand in too many honest passwords
constexpr std::size_t most_decoration =
    8;  // a birthday's digits; with more of them around, a word does not make it guessable

// What is left of `given` without digits, punctuation and space: letters, and all that is not ASCII.
std::string letters(std::string_view given) {
    std::string out;
    for (const char c : given)
        if ((c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80) out += c;
    return out;
}

void remove_all(std::string& from, const std::string& word) {
    if (word.size() < least_word) return;
    for (auto at = from.find(word); at != std::string::npos; at = from.find(word)) from.erase(at, word.size());
}

// Nothing but the service's name and the person's own address, with few digits and punctuation around.
bool is_context(const std::string& given, const std::string& address) {
    const auto local = address.substr(0, address.find('@'));
    if (given == local || given.starts_with(local + '@')) return true;  // at any provider
    auto rest = letters(given);
    if (rest.empty() || given.size() - rest.size() > most_decoration) return false;
    remove_all(rest, letters(address));
    remove_all(rest, letters(local));
    remove_all(rest, "mita");
    return rest.empty();
}

}  // namespace

std::optional<field_error> password_fault(std::string_view password, std::string_view email, std::size_t least) {
    field_error fault;
    const auto given = text::fold(password);
    if (password.size() > hashing_limit) {
        fault.code = "too_long";
        fault.detail = "At most 512 bytes.";
    } else if (utf8::length(password).value_or(0) < least) {
        fault.code = "too_short";
        fault.detail = "Must have at least " + std::to_string(least) + " characters.";
    } else if (is_context(given, text::fold(email))) {
        fault.code = "password_is_context";
        fault.detail = "The password must be more than the e-mail address or the name of this service.";
    } else if (is_common_password(password)) {
        fault.code = "password_too_common";
        fault.detail = "Too many people use this password.";
    } else {
        return std::nullopt;
    }
    return fault;
}

}  // namespace mita::auth
