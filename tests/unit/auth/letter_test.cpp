// Letters: words in each language, the Internet message around them, one-time tokens in their links.
#include "auth/mail/letter.hpp"
#include "auth/mail/message_text.hpp"
#include "auth/one_time/one_time_token.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <set>
#include <sstream>
#include <string>

using namespace mita;
using namespace mita::auth;

namespace {

constexpr letter_kind kinds[] = {letter_kind::verify_email,    letter_kind::reset_password,
                                 letter_kind::change_email,    letter_kind::email_change_asked,
                                 letter_kind::email_changed,   letter_kind::password_changed,
                                 letter_kind::account_deleted, letter_kind::account_exists};
constexpr language languages[] = {language::en, language::bg, language::de};

}  // namespace

TEST_CASE(
    "each kind of letter has its own words in each language, and a place for what it is about only where it is "
    "needed") {
    std::set<std::string_view> subjects;
    for (const auto k : kinds) {
        CHECK(letter_kind_of(name(k)) == k);
        const auto& english = words_of(k, language::en);
        for (const auto l : languages) {
            const auto& w = words_of(k, l);
            CHECK_FALSE(w.subject.empty());
            CHECK_FALSE(w.closing.empty());
            CHECK(subjects.insert(w.subject).second);
            CHECK(w.button.empty() == english.button.empty());
            CHECK((w.text.find("{about}") == w.text.npos) == (english.text.find("{about}") == english.text.npos));
        }
    }
    CHECK_FALSE(letter_kind_of("another"));
}

TEST_CASE("what a letter names is escaped in HTML and plain in text") {
    const auto written = write_letter(letter_kind::email_changed, language::en, "", "\"<b>&\"@example.org");
    CHECK(written.text.find("\"<b>&\"@example.org") != std::string::npos);
    CHECK(written.html.find("&quot;&lt;b&gt;&amp;&quot;@example.org") != std::string::npos);
    CHECK(written.html.find("<b>") == std::string::npos);
}

TEST_CASE("the language is the one Accept-Language likes best among ours") {
    CHECK(preferred_language("bg") == language::bg);
    CHECK(preferred_language("BG-bg;q=0.5, de;q=0.9") == language::de);
    CHECK(preferred_language("de;q=0") == std::nullopt);
    CHECK(preferred_language("fr, en;q=0.2") == language::en);
    CHECK(preferred_language("*") == std::nullopt);
    CHECK(preferred_language("de;q=2, bg;q=-1, en;q=x") == std::nullopt);
    CHECK(preferred_language("") == std::nullopt);
    CHECK(rc::check("any text is read", [] {
        const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("deb gn,;=q01.9-*")));
        preferred_language(text);
    }));
}

TEST_CASE(
    "a message has no line over 78 characters, ASCII alone, CRLF, and a header for everything that must have one") {
    const mail_author from{"no-reply@mita.example", "MITA <no-reply@mita.example>"};
    const std::string link =
        "https://app.mita.example/reset-password#token=" + std::string(new_one_time_token().view());
    for (const auto k : kinds)
        for (const auto l : languages) {
            const auto text = message_text(write_letter(k, l, link, "ana@example.org"), from, "ana@example.org",
                                           new_uuid(), wall::parse("2026-04-10T08:00:00Z").value());
            std::istringstream lines(text);
            for (std::string line; std::getline(lines, line);) {
                REQUIRE(line.ends_with('\r'));
                REQUIRE(line.size() <= 79);
                for (const char c : line) REQUIRE((c == '\r' || (c >= ' ' && c < 0x7f)));
            }
            CHECK(text.find("Date: Fri, 10 Apr 2026 08:00:00 +0000\r\n") != std::string::npos);
            for (const char* header :
                 {"From: ", "To: <ana@example.org>\r\n", "Subject: ", "Message-ID: <", "MIME-Version: 1.0"})
                CHECK(text.find(header) != std::string::npos);
        }
}

TEST_CASE("P8: a one-time token has 256 bits, its hash shows nothing of it, and only its own form is looked up") {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const auto token = new_one_time_token();
        CHECK(token.view().size() == 47);
        CHECK(seen.insert(std::string(token.view())).second);
        const auto hash = hash_of_token(token.view());
        REQUIRE(hash);
        CHECK(hash->size() == 32);
        CHECK(hash_of_token(token.view()) == hash);
    }
    const std::string good = *seen.begin();
    CHECK_FALSE(hash_of_token(""));
    CHECK_FALSE(hash_of_token(good + "A"));
    CHECK_FALSE(hash_of_token(good.substr(0, 46)));
    CHECK_FALSE(hash_of_token("mrt_" + good.substr(4)));
    CHECK_FALSE(hash_of_token(good.substr(0, 46) + "="));
    CHECK_FALSE(hash_of_token(good.substr(0, 46) + "B"));  // bits that mean nothing (T6)
}
