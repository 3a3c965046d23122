// Invitations to register: SQL of invitations. The token stands nowhere but with whom it was given to. Used by the
// handlers of registration and of /v1/admin/invitations, by `mita-auth invitations …` and by housekeeping.
#pragma once

#include "auth/people/user_store.hpp"
#include "auth/sessions/session_store.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

// Form: "min_" + base64url(32 bytes).
secret new_invitation_token();
std::optional<std::string> hash_of_invitation(std::string_view token);

struct invitation {
    uuid id;
    std::optional<std::string> address_key;  // for that mailbox alone
    std::optional<uuid> invited_by;          // none: an operator
    wall::time_point created_at, expires_at;
};

enum class invited { made, taken, refused };

class invitation_store {
public:
    explicit invitation_store(db::pool& db) : db_(db) {}
    // lives: by the database's clock.
    awaitable<void> add(invitation i, std::string hash, std::chrono::seconds lives, deadline d);
    // Those that are good still, the newest first; at most 10,000.
    awaitable<std::vector<invitation>> list(deadline d);
    // False: there is none that is good still.
    awaitable<bool> revoke(uuid id, deadline d);
    // Is it good for this mailbox? A look that uses nothing up.
    awaitable<bool> good(std::string hash, std::string address_key, deadline d);
    // As session_store::register_user, and the invitation is used up by it; `taken` leaves it good.
    awaitable<invited> use(std::string hash, user u, new_session s, const session_terms& terms, deadline d);
    // Deletes those over for a month, at most `at_most`; how many.
    awaitable<std::int64_t> prune(unsigned at_most, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth
