// A person's second factors: SQL of totp_secrets and recovery_codes. What a change brings with it (S11) is in the same
// transaction. Used by handlers; by `keys reseal`, which seals secrets anew.
#pragma once

#include "auth/people/credential_store.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::auth {

struct totp_state {
    std::string sealed;                     // bound to totp_bound(user)
    bool confirmed = false, fresh = false;  // fresh: its enrolment was begun within the hour
    std::int64_t last_step = 0;
};
// What a secret is sealed with, so that it opens for its person alone.
std::string totp_bound(const uuid& user_id);

struct factor_summary {
    bool totp = false;
    int passkeys = 0;
    int recovery_codes_left = 0;
};

struct sealed_totp {
    uuid user_id;
    std::string sealed;
};

class factor_store {
public:
    // tokens_live: how long an access token of a session that ends now may live.
    factor_store(db::pool& db, std::chrono::seconds tokens_live) : db_(db), tokens_live_(tokens_live) {}

    awaitable<factor_summary> of(uuid user_id, deadline d);
    awaitable<std::optional<totp_state>> totp_of(uuid user_id, deadline d);
    // A new secret in the place of one that was not confirmed. False: one is confirmed, it stays.
    awaitable<bool> begin_totp(uuid user_id, std::string sealed, deadline d);

    // Each throws overloaded as credential_store does; every session but `keep` ends.
    struct confirmed : credential_change {
        bool first = false;  // the recovery codes that came with it are the person's now
    };
    awaitable<confirmed> confirm_totp(uuid user_id, std::string sealed, std::int64_t step, uuid keep,
                                      std::vector<std::string> code_hashes, deadline d);
    awaitable<credential_change> remove_totp(uuid user_id, uuid keep, deadline d);
    // No session ends.
    awaitable<credential_change> renew_recovery_codes(uuid user_id, std::vector<std::string> code_hashes, deadline d);

    // In the order of their people, from the one after `after` on.
    awaitable<std::vector<sealed_totp>> sealed_after(uuid after, int limit, deadline d);
    // Compare-and-swap on the sealed bytes.
    awaitable<bool> replace_sealed(uuid user_id, std::string was, std::string now, deadline d);

    // Deletes secrets that were begun and not confirmed within the hour, at most `at_most`; how many.
    awaitable<std::int64_t> prune_begun(unsigned at_most, deadline d);

private:
    db::pool& db_;
    std::chrono::seconds tokens_live_;
};

}  // namespace mita::auth
