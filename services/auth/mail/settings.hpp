// What auth is told about mail: how it leaves, who writes, where links lead. Used by settings.
#pragma once

#include "auth/mail/message_text.hpp"
#include "auth/mail/sender.hpp"
#include "core/config.hpp"

#include <chrono>
#include <string>

namespace mita::auth {

struct mail_settings {
    explicit mail_settings(config& from);  // wrong values are recorded in `from`

    bool on() const { return !folder.empty() || !smtp.url.empty(); }
    sender make_sender() const;  // when on(); throws std::runtime_error

    std::string folder;  // of file:///...
    smtp_options smtp;
    mail_author author;
    std::string public_url;  // where links lead, without a slash at its end: the only source of links
    std::chrono::milliseconds poll;
};

}  // namespace mita::auth
