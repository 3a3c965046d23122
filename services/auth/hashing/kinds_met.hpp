// The kinds of hashes that accounts have: an algorithm at a price. A refusal does one of each, whatever its account
// has, so that its time tells nothing of the account (P7). bcrypt is one kind, at its dearest cost: cheaper hashes of
// it are prolonged. Used by password_hasher. Thread-safe.
#pragma once

#include "auth/hashing/job.hpp"

#include <cstddef>
#include <mutex>
#include <vector>

namespace mita::hashing {

class kinds_met {
public:
    // Of several kinds beyond so many the dearest are kept: a refusal of one that was not takes less by what it is
    // cheaper than the cheapest of them, and no refusal takes more than all of these.
    static constexpr std::size_t most = 6;

    // todays: of the dummy hash; always one of the kinds.
    explicit kinds_met(const hash_work& todays);

    // An account has such a hash.
    void meet(const hash_work& one);
    // All that any account has, found by looking: in the place of what was met.
    void replace(const std::vector<hash_work>& present);

    // What a refusal of `own` does after it, one of each other kind; sets own's mismatch_cost.
    std::vector<hash_work> besides(hash_work& own) const;

private:
    void add(const hash_work& one);

    mutable std::mutex mutex_;
    std::vector<hash_work> kinds_;  // the first: today's
};

}  // namespace mita::hashing
