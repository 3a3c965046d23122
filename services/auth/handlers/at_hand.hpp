// What every call with a password does: its bytes are wiped, its work stops when the client leaves, a session is begun.
// Used by handlers.
#pragma once

#include "auth/app.hpp"
#include "http/message.hpp"

#include <string>
#include <string_view>

namespace mita::auth {

// The body's bytes stand in the session's own buffer: whatever comes of the request, its password is wiped there.
struct wiped_body {
    explicit wiped_body(const http::request& req) : bytes(req.body) {}
    ~wiped_body();
    wiped_body(const wiped_body&) = delete;
    wiped_body& operator=(const wiped_body&) = delete;
    std::string_view bytes;
};

// Set when the client leaves: its hash is then not begun (L7).
struct departure {
    explicit departure(const http::request& req)
        : watch(req, [f = flag] { f->store(true, std::memory_order_relaxed); }) {}
    hashing::cancel_flag flag = hashing::make_cancel_flag();
    http::gone_watch watch;
};

new_session session_of(const http::request& req, const uuid& user_id, std::string device_name);

// 401 invalid_credentials: unknown, wrong and disabled are one answer (P7).
[[noreturn]] void refuse_credentials(app& a);
// 422 invalid_token: used, over, of another purpose or never one: one answer.
[[noreturn]] void refuse_one_time_token();

// Returns when it is the person's password, else refuses. Takes a place in the queue of hashes as a login does.
awaitable<void> require_password(http::request& req, app& a, const user& who, hashing::ticket place, secret password,
                                 hashing::cancel_flag left);

// Whose token it is; else refused. With a second factor the password alone is half of it: then the login must be recent
// besides (S9).
awaitable<user> require_person(http::request& req, app& a);
awaitable<user> require_person_recently(http::request& req, app& a);

// Queues a mail to whoever has this address, if anybody has (P7). Throws overloaded when the queue is full.
awaitable<void> ask_by_address(http::request& req, app& a, letter_kind kind, std::string email);

// 202 {"accepted":true}: what follows is done later, or not at all, and the caller does not learn which (P7).
http::response accepted();

}  // namespace mita::auth
