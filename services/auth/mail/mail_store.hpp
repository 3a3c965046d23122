// The queue of mails: SQL of mails. What is asked for stands here until it is sent or nobody waits for it any more; a
// claim hides a mail until its next try, so several instances share one queue. Times by the database's clock. Used by
// handlers, which ask, and by the mail job.
#pragma once

#include "auth/mail/letter.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mita::auth {

struct mail_request {
    letter_kind kind = letter_kind::verify_email;
    std::string recipient, recipient_key;  // as typed; canonical
    std::optional<uuid> user_id;
    std::string language = "en", details;
};

struct waiting_mail : mail_request {
    uuid id;
    int tries = 0;       // this one counted
    bool stale = false;  // nobody waits for it any more
};

class mail_store {
public:
    static constexpr std::chrono::seconds kept = std::chrono::hours(24);
    static constexpr int most = 10'000;  // mails waiting; more are not taken
    explicit mail_store(db::pool& db) : db_(db) {}

    // False when the queue is full. Asked twice before it was sent: one mail, by the newest details.
    awaitable<bool> ask(mail_request what, deadline d);
    // As ask(), five times an hour for each account and twenty times for each network at most: beyond the first nothing
    // is sent and nothing said, beyond the second wait_s is set.
    struct asked {
        bool full = false;
        unsigned wait_s = 0;
    };
    awaitable<asked> ask_sparingly(mail_request what, std::string account, std::optional<std::string> network,
                                   deadline d);
    // The one that is due longest; others do not get it before its next try: 30 s from now, twice as long each time, an
    // hour at most.
    awaitable<std::optional<waiting_mail>> claim(deadline d);
    // It was sent, or is given up. What was asked for anew meanwhile, with other details, stays.
    awaitable<void> done(waiting_mail m, deadline d);
    awaitable<std::int64_t> waiting(deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
