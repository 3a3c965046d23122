// Takes what auth says of people whose e-mail address is another: their profile moves in the feed of changes, once
// whichever instance hears of it, and every instance forgets what it remembers of them. Runs on worker 0; what the
// database did not take is kept and tried again, at most one entry a person.
#pragma once

#include "core/async.hpp"
#include "core/ids.hpp"
#include "core/metrics.hpp"
#include "finance/people/profile_store.hpp"
#include "jwt/revocations.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

namespace mita::finance {

class changed_logins {
public:
    // forget: what this process remembers of a person.
    changed_logins(profile_store& profiles, std::function<void(const uuid&)> forget, metrics::registry& metrics);

    // For feed_options::on_people: tries at once, briefly, so that who asks after the change finds it done.
    awaitable<void> hear(std::vector<jwt::revocation> entries);
    // A step of what is left, again and again while it says true. Throws db::error, deadline_exceeded, overloaded.
    awaitable<bool> write_some(deadline d);

private:
    profile_store& profiles_;
    std::function<void(const uuid&)> forget_;
    metrics::gauge& waiting_;
    std::unordered_map<uuid, std::int64_t> left_;  // the newest number each
};

}  // namespace mita::finance
