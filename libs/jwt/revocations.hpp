// What has been revoked, in memory: exact sets kept until the tokens they concern have expired, with the sequence they
// are complete up to. One per process, shared by all workers (thread-safe, lock-free reads of the sequence). Fed by
// auth's own writes, or by the feed.
#pragma once

#include "core/ids.hpp"
#include "jwt/token.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mita::jwt {

enum class revocation_kind { session, user, token, key };  // user: all tokens issued before `not_before`

struct revocation {
    std::int64_t sequence = 0;
    revocation_kind kind = revocation_kind::session;
    std::string id;               // uuid text, or a kid
    std::int64_t not_before = 0;  // unix seconds, for kind user
    std::int64_t expires_at = 0;  // unix seconds; may be forgotten afterwards
};

class revocations {
public:
    revocations();
    ~revocations();
    // Applies in any order, idempotent. Entries past expires_at are pruned as time goes.
    void apply(const std::vector<revocation>& entries, std::int64_t complete_up_to, std::int64_t now);
    bool revoked(const claims& c) const;
    std::int64_t sequence()
        const;  // complete up to here; grows with every applied entry: compared at cache insert (C4)
    std::size_t size() const;
    // The feed says it is alive; C7: silent longer than `limit` means degraded and sensitive scopes closed.
    void heard(std::int64_t steady_ms);
    std::int64_t silent_ms() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::jwt
