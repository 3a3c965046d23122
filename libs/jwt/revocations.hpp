// What has been revoked, in memory: exact sets kept until the tokens they concern have expired, with the sequence they
// are complete up to. One per process, shared by all workers (thread-safe, lock-free reads of the sequence and of the
// generation). Fed by auth's own writes, or by the feed.
#pragma once

#include "core/ids.hpp"
#include "jwt/token.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace mita::jwt {

// user: all tokens issued before `not_before`. person: revokes nothing; what auth knows of somebody is another
// (feed_options::on_people).
enum class revocation_kind { session, user, token, key, person };

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
    // Applies in any order, idempotent; an entry whose id is not of its kind is skipped. The sequence only grows.
    // Entries are forgotten once `now` and the monotonic clock both say they are past expires_at.
    void apply(const std::vector<revocation>& entries, std::int64_t complete_up_to, std::int64_t now);
    // After a gap, `everything` auth keeps was read: the sequence becomes complete_up_to even if that is lower (auth's
    // database was restored). What was known stays: a lost row must not bring a token back.
    void restart(const std::vector<revocation>& everything, std::int64_t complete_up_to, std::int64_t now);
    bool revoked(const claims& c) const;
    std::int64_t sequence() const;     // complete up to here
    std::uint64_t generation() const;  // grows whenever something new is revoked: compared at cache insert (C4) and hit
    std::size_t size() const;
    // The feed says it is alive; C7: silent longer than `limit` means degraded and sensitive scopes closed.
    void heard(std::int64_t steady_ms);
    std::int64_t silent_ms() const;  // since the last heard(); INT64_MAX before the first
    bool known() const;              // heard() at least once: before that nothing is known to be good (C7)

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::jwt
