// A person as GET /v1/me shows them: finance's own row and what auth's internal API says. Cached for 5 minutes by all
// workers, loaded once at a time, forgotten on every node when it changes (invalidations.hpp).
#pragma once

#include "cache/cache.hpp"
#include "core/config.hpp"
#include "core/deadline.hpp"
#include "finance/profile.hpp"
#include "http/client.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace mita::finance {

struct account {  // what auth knows
    std::string email, display_name;
};

struct person {
    profile own;
    account login;
    std::string body, tag;  // of GET /v1/me: written once, shown often
};
// With body and tag.
std::shared_ptr<const person> make_person(profile own, account login);

struct person_size {
    std::size_t operator()(const uuid&, const person& p) const;
};
using person_cache = cache::cache<uuid, person, person_size>;

// The strong ETag of a profile, without quotes.
std::string tag_of(const profile& own, const account& login);

// Auth's internal API. Throws api_error 503 unavailable when auth is away or answers strangely, 404 not_found when it
// does not know the person; deadline_exceeded.
class account_client {
public:
    account_client(http::client& auth, const secret& token) : auth_(auth), token_(token) {}
    awaitable<account> find(uuid id, deadline d);
    awaitable<account> rename(uuid id, std::string display_name, deadline d);

private:
    awaitable<account> ask(http::client_request r, deadline d);
    http::client& auth_;
    const secret& token_;
};

}  // namespace mita::finance
