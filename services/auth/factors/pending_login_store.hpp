// Logins whose password was right and whose second factor is missing: SQL of the one-time tokens of purpose mfa. Such a
// token opens a session together with a factor and does nothing else (M5); it is good once, for five minutes and for
// five tries (M3), on whatever instance. Used by handlers.
#pragma once

#include "auth/sessions/session_store.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace mita::auth {

struct pending_login {
    uuid user_id;
    int epoch = 0;                   // the person's when the password was checked
    std::optional<uuid> instead_of;  // a session that ends when this login is done
    std::string device_name;
};

// What was shown beside the token.
struct shown_factor {
    enum class kind { totp, recovery_code, passkey } is = kind::totp;
    std::string what;         // recovery_code: its hash; passkey: its credential id
    std::int64_t number = 0;  // totp: the step; passkey: its counter
};

class pending_login_store {
public:
    static constexpr std::chrono::seconds lifetime{300};
    static constexpr int most_tries = 5;

    pending_login_store(db::pool& db, const session_terms& terms, std::chrono::seconds tokens_live)
        : db_(db), terms_(terms), tokens_live_(tokens_live) {}

    awaitable<secret> issue(pending_login who, deadline d);
    // Whose login it is, while the token is good: uses nothing up.
    awaitable<std::optional<pending_login>> look(std::string token_hash, deadline d);
    // Takes one of its tries before anything is compared. False: there is none left, or the token is no longer good.
    awaitable<bool> take_try(std::string token_hash, deadline d);
    // The factor is taken, the token used up and the session opened, or nothing of it (S2, M1, M4).
    enum class outcome { opened, wrong, gone };
    struct finished {
        outcome how = outcome::gone;
        opened session;
    };
    awaitable<finished> finish(std::string token_hash, shown_factor by, new_session s, deadline d);

private:
    db::pool& db_;
    const session_terms& terms_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
