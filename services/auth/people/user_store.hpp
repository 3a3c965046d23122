// People: SQL of the users table. Each call is one statement on the pipelined lane; errors as db::pool throws them.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct user {
    uuid id;
    std::string email, email_key, display_name, password_hash, status, role;  // email_key: what it is compared by
    std::string language = "en";                                              // of mails: en, bg, de
    int epoch = 0;                                                            // moves when credentials change
    std::optional<wall::time_point> email_verified_at;
    wall::time_point created_at;
    bool second_factor = false;  // without it no session is opened
    bool active() const { return status == "active"; }
};

class user_store {
public:
    explicit user_store(db::pool& db) : db_(db) {}
    // Whoever's mailbox it is, however it is written (address.hpp).
    awaitable<std::optional<user>> find_by_email(std::string email, deadline d);
    awaitable<std::optional<user>> find(uuid id, deadline d);
    // Compare-and-swap: nothing happens when the hash is no longer `old_hash` (P1).
    awaitable<bool> replace_hash(uuid id, std::string old_hash, std::string new_hash, deadline d);
    awaitable<void> set_language(uuid id, std::string language, deadline d);
    awaitable<bool> rename(uuid id, std::string display_name, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
