// How a message leaves: a value, made once of the settings. Into a folder (a file a message: local use), or to an SMTP
// server over TLS by libcurl. Used by post_office, which calls it on a thread of its own: a sender blocks.
#pragma once

#include "core/secret.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mita::auth {

struct message {
    std::string id;  // of the mail: the file's name
    std::string from, to, text;
};

enum class delivery {
    sent,
    refused,   // by the server, for good: another try says the same
    postponed  // nobody there, or the server says: later
};

struct delivered {
    delivery how = delivery::postponed;
    std::string why;  // for the log, without addresses
};

// Blocks for at most its timeout; `stopping` ends what has not begun to be handed over.
using sender = std::function<delivered(const message& m, const std::atomic<bool>& stopping)>;

// Throws std::runtime_error when the folder cannot be made or written.
sender folder_sender(std::string folder);

struct smtp_options {
    std::string url;  // smtp://host:587: STARTTLS, required; smtps://host:465: TLS from the first byte
    std::string user;
    std::shared_ptr<const secret> password;
    std::string ca_file;  // empty: the system's
    std::chrono::milliseconds timeout{10'000};
};
sender smtp_sender(smtp_options options);

}  // namespace mita::auth
