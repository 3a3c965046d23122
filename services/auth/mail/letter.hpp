// What MITA writes to people: the kinds of letters, the languages, and a letter put into words. Nothing that a stranger
// typed stands in a letter but addresses. Used by the mail job. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

enum class letter_kind {
    verify_email,        // link: this is my mailbox
    reset_password,      // link: a new password
    change_email,        // link, to the new address: this is my mailbox
    email_change_asked,  // to the former address
    email_changed,       // to the former address
    password_changed,
    account_deleted,
    account_exists,  // somebody registered with an address that has an account
    factor_added,    // a second factor; and below, about what became of them
    factor_removed,
    recovery_code_used,
    recovery_codes_renewed,
};
std::string_view name(letter_kind k);
std::optional<letter_kind> letter_kind_of(std::string_view name);

enum class language { en, bg, de };
std::string_view name(language l);
language language_of(std::string_view name);  // English for what is not one of them
// The language of ours that Accept-Language (RFC 9110 12.5.4) likes best; nullopt: none of them.
std::optional<language> preferred_language(std::string_view accept_language);

// In the order of reading. `button` leads to the link and is empty where there is none.
struct words {
    std::string_view subject, text, button, closing;
};
const words& words_of(letter_kind k, language l);

struct letter {
    std::string subject, text, html;
};
// link: empty where the kind has none; about: what to name (an address, a number), may be empty.
letter write_letter(letter_kind k, language l, std::string_view link, std::string_view about);

}  // namespace mita::auth
