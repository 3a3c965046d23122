// Everything the auth service is told by its environment, read once in main. `config` prints their names.
#pragma once

#include "auth/hashing/pool.hpp"
#include "auth/hashing/stored_hash.hpp"
#include "auth/keys/settings.hpp"
#include "auth/mail/settings.hpp"
#include "auth/passkeys/settings.hpp"
#include "core/settings.hpp"
#include "db/settings.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace mita::auth {

// How new hashes are made; wrong values are recorded in `from`.
hashing::policy password_policy(config& from, bool testing);

// Who may register: anybody at once; anybody who proves the address first; who shows an invitation; nobody.
enum class registration_mode { open, verified, invited, closed };

struct settings : common_settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    db::settings database;
    mail_settings mail;
    relying_party passkeys;  // without an id: off
    registration_mode registration;

    key_settings keys;
    std::chrono::seconds refresh_idle, refresh_absolute;
    unsigned max_sessions;
    std::string service_audience;  // of tokens that services get for themselves
    std::size_t token_cache_bytes;
    std::size_t audit_queue;            // events of it that wait for the database at most
    config::endpoint finance_internal;  // who erases what it keeps of people that are gone
    std::chrono::milliseconds erasure_poll;
    std::chrono::hours audit_kept;           // how long events of the audit trail stay
    std::chrono::milliseconds housekeeping;  // pause between two runs of the job that forgets what is over

    std::size_t least_password;  // code points, where no second factor stands behind (P6)
    hashing::policy passwords;
    hashing::pool_options hashing;
    std::chrono::milliseconds login_budget;  // what a login may take in the queue and hashing together
};

}  // namespace mita::auth
