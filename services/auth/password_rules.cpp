#include "auth/password_rules.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mita::auth {

namespace {

// The most used passwords of 8 and more characters in public breach statistics; shorter ones fall to the length rule.
constexpr std::array<std::string_view, 84> common = {
    "00000000",  "01234567",   "0123456789", "10203040",  "11111111",      "111111111",   "1111111111", "11223344",
    "12121212",  "123123123",  "1234567890", "123456789", "12345678",      "1234qwer",    "123qweasd",  "123qwe123",
    "12341234",  "1q2w3e4r",   "1q2w3e4r5t", "1qaz2wsx",  "1qazxsw2",      "22222222",    "33333333",   "55555555",
    "66666666",  "77777777",   "87654321",   "88888888",  "987654321",     "99999999",    "aa123456",   "aaaaaaaa",
    "abc12345",  "abcd1234",   "abcdefgh",   "admin123",  "administrator", "asdf1234",    "asdfasdf",   "asdfghjk",
    "asdfghjkl", "azertyuiop", "babygirl",   "baseball",  "butterfly",     "changeme",    "charlie1",   "computer",
    "dragon123", "football",   "football1",  "hello123",  "iloveyou",      "iloveyou1",   "internet",   "jennifer",
    "letmein1",  "liverpool",  "master123",  "michelle",  "monkey123",     "naruto123",   "p@ssw0rd",   "pass1234",
    "passw0rd",  "password",   "password!",  "password1", "password12",    "password123", "princess",   "princess1",
    "q1w2e3r4",  "qwer1234",   "qwerty12",   "qwerty123", "qwertyui",      "qwertyuiop",  "starwars",   "sunshine",
    "superman",  "trustno1",   "welcome1",   "zaq12wsx"};

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

}  // namespace

std::optional<field_error> password_fault(std::string_view password, std::string_view email) {
    field_error fault;
    const auto given = lower(password);
    const auto address = lower(email);
    const auto local = address.substr(0, address.find('@'));
    if (password.size() > hashing_limit) {
        fault.code = "too_long";
        fault.detail = "At most 512 bytes.";
    } else if (std::find(common.begin(), common.end(), given) != common.end() || given == "mitamita" ||
               given == "mita1234") {
        fault.code = "password_too_common";
        fault.detail = "Too many people use this password.";
    } else if (!address.empty() && (given == address || (local.size() >= 8 && given == local))) {
        fault.code = "password_is_email";
        fault.detail = "The password must not be the e-mail address.";
    } else {
        return std::nullopt;
    }
    return fault;
}

}  // namespace mita::auth
