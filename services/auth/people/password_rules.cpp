#include "auth/people/password_rules.hpp"

#include "auth/people/common_passwords.hpp"
#include "auth/people/text.hpp"
#include "core/utf8.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace mita::auth {

namespace {

constexpr std::size_t least_word = 4;  // shorter context words stand in too many honest passwords
constexpr std::size_t decoration =
    8;  // a birthday's digits; with more of them around, a word does not make it guessable

// A few characters over and over, or one after another: "aaaaaaaa", "12341234", "abcdefgh", "87654321".
bool is_pattern(const std::string& given) {
    constexpr std::size_t longest_unit = 4;
    for (std::size_t unit = 1; unit <= longest_unit; ++unit)
        if (std::equal(given.begin() + static_cast<std::ptrdiff_t>(unit), given.end(), given.begin())) return true;
    const auto steps = [&given](int by) {
        const auto off = [by](char a, char b) { return b - a != by; };
        return std::adjacent_find(given.begin(), given.end(), off) == given.end();
    };
    return steps(1) || steps(-1);
}

bool is_common(const std::string& given) {
    if (is_pattern(given)) return true;
    return given.find('\n') == std::string::npos && common_passwords().find("\n" + given + "\n") != std::string::npos;
}

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
    if (given == local || given == address) return true;
    auto rest = letters(given);
    if (rest.empty() || given.size() - rest.size() > decoration) return false;
    remove_all(rest, letters(address));
    remove_all(rest, letters(local));
    remove_all(rest, "mita");
    return rest.empty();
}

}  // namespace

std::optional<field_error> password_fault(std::string_view password, std::string_view email) {
    field_error fault;
    const auto given = folded(password);
    if (password.size() > hashing_limit) {
        fault.code = "too_long";
        fault.detail = "At most 512 bytes.";
    } else if (utf8::length(password).value_or(0) < min_password) {
        fault.code = "too_short";
        fault.detail = "Must have at least 8 characters.";
    } else if (is_context(given, folded(email))) {
        fault.code = "password_is_context";
        fault.detail = "The password must be more than the e-mail address or the name of this service.";
    } else if (is_common(given)) {
        fault.code = "password_too_common";
        fault.detail = "Too many people use this password.";
    } else {
        return std::nullopt;
    }
    return fault;
}

}  // namespace mita::auth
