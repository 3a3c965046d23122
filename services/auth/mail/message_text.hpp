// A letter as an Internet message (RFC 5322, MIME): plain text and HTML side by side, UTF-8, no line longer than 76
// characters. Used by the mail job. Pure.
#pragma once

#include "auth/mail/letter.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"

#include <string>
#include <string_view>

namespace mita::auth {

// Who writes: "MITA <no-reply@example.org>" or an address alone.
struct mail_author {
    std::string address;  // of the envelope
    std::string header;   // as it stands in From
};

// id names the message, so that a mail sent twice shows once. to: an address without controls and angle brackets.
std::string message_text(const letter& what, const mail_author& from, std::string_view to, const uuid& id,
                         wall::time_point at);

}  // namespace mita::auth
