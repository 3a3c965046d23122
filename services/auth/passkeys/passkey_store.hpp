// Passkeys in the database: SQL of passkeys, and of the challenges that were used. Used by handlers.
#pragma once

#include "auth/factors/factor_store.hpp"
#include "auth/sessions/session_store.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

struct passkey {
    uuid id, user_id;
    std::string credential_id, public_key, transports, name;
    std::int64_t counter = 0;
    bool backed_up = false;
    wall::time_point created_at;
    std::optional<wall::time_point> last_used_at;
};

class passkey_store {
public:
    static constexpr int most_a_person = 20;

    passkey_store(db::pool& db, const session_terms& terms, std::chrono::seconds tokens_live)
        : db_(db), terms_(terms), tokens_live_(tokens_live) {}

    // The first use of a challenge, on whatever instance; false: it was used before.
    awaitable<bool> use_challenge(std::string challenge, deadline d);
    // A person's, the oldest first.
    awaitable<std::vector<passkey>> list(uuid user_id, deadline d);
    awaitable<std::optional<passkey>> find(std::string credential_id, deadline d);

    enum class added { done, gone, taken, full };
    struct add_result {
        added how = added::gone;
        std::int64_t revocation = 0;
        bool first = false;  // as factor_store::confirmed
    };
    awaitable<add_result> add(passkey p, uuid keep, std::vector<std::string> code_hashes, deadline d);
    awaitable<credential_change> remove(uuid id, uuid user_id, uuid keep, deadline d);

    // A session by a passkey alone; done is false too when its counter fell back.
    awaitable<opened> open(std::string credential_id, std::int64_t counter, new_session s, deadline d);

private:
    db::pool& db_;
    const session_terms& terms_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
