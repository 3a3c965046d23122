// What a person's credentials become, each change with all that follows from it in one transaction: other sessions end
// and are revoked, mails' tokens die, a mail tells of it. SQL of change_password, reset_password, change_address and of
// verification. Used by handlers.
#pragma once

#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

// done: `revocation` is the sequence to settle (0: no session ended). gone: what was shown is no longer good.
enum class changed { done, gone };

struct credential_change {
    changed outcome = changed::gone;
    uuid user_id;
    std::int64_t revocation = 0;
};

class credential_store {
public:
    // tokens_live: how long an access token of a session that ends now may live.
    credential_store(db::pool& db, std::chrono::seconds tokens_live) : db_(db), tokens_live_(tokens_live) {}

    // Only while `held` is the person's hash; every session but `keep` ends (S11). Each call throws overloaded when
    // other changes and logins of the person kept it from its turn for 2 s.
    awaitable<credential_change> change_password(uuid user_id, std::string held, std::string fresh, uuid keep,
                                                 deadline d);
    // By the token of a mail, used up with it (P8); every session ends.
    awaitable<credential_change> reset_password(std::string token_hash, std::string fresh, deadline d);
    awaitable<credential_change> change_address(std::string token_hash, deadline d);
    // The address the token is bound to is proven, while it is the person's.
    awaitable<std::optional<uuid>> verify_address(std::string token_hash, deadline d);

    // One password's hash of each kind (algorithm and cost) that accounts have; of at most 64.
    awaitable<std::vector<std::string>> one_of_each_kind(deadline d);

private:
    db::pool& db_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
