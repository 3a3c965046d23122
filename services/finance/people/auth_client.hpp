// Auth's internal API, as finance asks it: what auth knows of a person. Used by GET and PATCH /v1/me.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "core/secret.hpp"
#include "http/client.hpp"

#include <string>

namespace mita::finance {

struct auth_user {
    std::string email, display_name;
};

// Throws api_error 503 unavailable when auth is away or answers strangely, 404 not_found when it
// does not know the person; deadline_exceeded.
class auth_client {
public:
    auth_client(http::sender& auth, const secret& token) : auth_(auth), token_(token) {}
    awaitable<auth_user> find(uuid id, deadline d);
    awaitable<auth_user> rename(uuid id, std::string display_name, deadline d);

private:
    awaitable<auth_user> ask(http::client_request r, deadline d);
    http::sender& auth_;
    const secret& token_;
};

}  // namespace mita::finance
