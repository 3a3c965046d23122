// P6: common passwords in the ways people bend them.
#include "auth/people/bent_password.hpp"
#include "auth/people/common_passwords.hpp"
#include "auth/people/keyboard_walk.hpp"
#include "auth/people/password_rules.hpp"
#include "core/text.hpp"

#include <catch2/catch.hpp>

#include <string>

using mita::auth::common_passwords;
using mita::auth::is_common_password;
using mita::auth::is_keyboard_walk;
using mita::auth::password_fault;

TEST_CASE("P6: the list has thousands, sorted, each on its line in the form it is compared in") {
    const auto all = common_passwords();
    REQUIRE(all.starts_with('\n'));
    REQUIRE(all.ends_with('\n'));
    std::size_t n = 0;
    std::string_view before;
    for (std::size_t at = 1; at < all.size(); ++n) {
        const auto line = all.substr(at, all.find('\n', at) - at);
        CAPTURE(line);
        REQUIRE(line == mita::text::search_key(line));
        REQUIRE(before < line);
        before = line;
        at += line.size() + 1;
        if (n % 97 == 0) REQUIRE(is_common_password(line));
    }
    CHECK(n > 10'000);
}

TEST_CASE(
    "P6: leet, hung on digits, punctuation and spaces, case, accents, twice and backwards make nothing uncommon") {
    for (const char* bent :
         {"password",          "Password1",   "P@ssw0rd",    "P@ssw0rd1",        "p4$$w0rd!",   "Passwort1",
          "passwort2026",      "password ",   "  password",  "pass\u00a0word1",  "!password!",  "password1234567",
          "passwordpassword",  "drowssap",    "1l0v3you",    "пароль123",        "ПАРОЛЬ2026",  "contraseña",
          "Contrasen\u0303a1", "CONTRASEÑA!", "5201314520",  "ｐａｓｓｗｏｒｄ", "motdepasse1", "m0tdepasse",
          "şifre1234",         "hasło1234",   "wachtwoord1", "salasana!",        "sunshine1",   "letmein!!",
          "qwerty12",          "monkey99",    "dragon!1",    "admin123",         "любовь12",    "κωδικός1",
          "パスワード123"}) {
        CAPTURE(bent);
        CHECK(is_common_password(bent));
        CHECK((mita::text::fold(bent).size() < 8 || password_fault(bent, "a@example.com").has_value()));
    }
}

TEST_CASE("P6: what is not common stays free: phrases, names with more than a few digits, chance") {
    for (const char* fine : {"correct horse battery",
                             "82736451",
                             "canary-8",
                             "my mita box",
                             "annsmith 827364519",
                             "ann.smith sings",
                             "97654321",
                             "12341235",
                             "abcdefgi",
                             "aaaaaaab",
                             "abcdeabcde",
                             "жажданье",
                             "🦆🐢🦆🦆🐢🐢🦆🦆",
                             "password is not enough",
                             "tr0ub4dor&3",
                             "rent on the 5th",
                             "kx7#qq2L",
                             "blue velvet",
                             "bobsleigh on ice",
                             "seven canaries sing"}) {
        CAPTURE(fine);
        CHECK_FALSE(is_common_password(fine));
        CHECK_FALSE(password_fault(fine, "a@example.com").has_value());
    }
}

TEST_CASE("P6: walks over the keyboards of the world are common, also in parts and back") {
    for (const char* walk : {"qwertyuiop", "0987654321", "1234567890", "poiuytrewq", "asdfghjkl", "1qaz2wsx",
                             "zaq12wsx", "1qaz2wsx3edc", "qwer1234", "qwertzuiop", "azertyuiop", "йцукенгшщз",
                             "фывапролдж", "ячсмитьбю", "qqwweerrttyy", "asdfjkl;", "lkjhgfdsa"}) {
        CAPTURE(walk);
        CHECK(is_keyboard_walk(walk));
        CHECK(is_common_password(walk));
    }
    for (const char* other :
         {"", "qwe", "qwertz1", "assessed", "12341235", "97654321", "qwertbob", "password", "treewere"}) {
        CAPTURE(other);
        CHECK_FALSE(is_keyboard_walk(other));
    }
}

TEST_CASE("P6: the own address is no password, at whatever provider") {
    for (const char* own :
         {"ann.smith@gmail.com", "ANN.SMITH@example.com", "ann.smith@", "ann.smith", "AnnSmith2026!"}) {
        CAPTURE(own);
        const auto fault = password_fault(own, "ann.smith@example.com");
        REQUIRE(fault.has_value());
        CHECK(fault->code == "password_is_context");
    }
}
