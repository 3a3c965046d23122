// E-mail addresses: which may be registered, and what they are compared by, so that one mailbox is one account however
// it is written (P0). Used by body, user_store and session_store. Pure; Unicode and IDNA by ICU.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

// The canonical form: local part folded (core/text.hpp), domain in lower-case ASCII (IDNA 2008 by UTS 46). nullopt: not
// a Mailbox of RFC 5321 with a dot-string and a domain, beyond ASCII by RFC 6531 (no quoted local part, no address
// literal), or with a character that shows nothing. Whether it works, a mail shows.
std::optional<std::string> canonical_address(std::string_view email);

// What addresses were compared by before: simple case folding and composition. Accounts of then are found by it until
// their canonical form is written (address_store.hpp).
std::string former_form(std::string_view email);

}  // namespace mita::auth
