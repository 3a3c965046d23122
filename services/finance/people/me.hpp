// A person as GET /v1/me shows them: finance's own row and what auth's internal API says. Cached for 5 minutes by all
// workers, loaded once at a time, forgotten on every node when it changes (invalidations.hpp).
#pragma once

#include "cache/cache.hpp"
#include "finance/people/auth_client.hpp"
#include "finance/people/profile.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace mita::finance {

struct person {
    profile own;
    auth_user login;
    std::string body, tag;  // of GET /v1/me: written once, shown often
};
// With body and tag.
std::shared_ptr<const person> make_person(profile own, auth_user login);

struct person_size {
    std::size_t operator()(const uuid&, const person& p) const;
};
using person_cache = cache::cache<uuid, person, person_size>;

// The strong ETag of a profile, without quotes.
std::string tag_of(const profile& own, const auth_user& login);

}  // namespace mita::finance
