// What follows a right password, for whoever asked for it: a session, or the question for the second factor. Used by
// the handlers that let people in.
#pragma once

#include "auth/app.hpp"
#include "auth/handlers/at_hand.hpp"
#include "http/message.hpp"

#include <memory>
#include <optional>
#include <string>

namespace mita::auth {

// An outdated cost or algorithm is renewed while the password is at hand (P1).
awaitable<void> renew_hash(http::request& req, app& a, const user& u, secret password);

// 200 with tokens, or 401 mfa_required with a token for mfa/verify. `tried` has passed in the first case alone: a
// missing factor makes no network known and forgives no failure.
awaitable<http::response> enter(http::request& req, app& a, std::shared_ptr<const key_snapshot> keys, const user& who,
                                new_session s, attempt tried);

// A session was opened: 200 signed_in. Others that ended for it are dead everywhere first.
awaitable<http::response> welcome(http::request& req, app& a, std::shared_ptr<const key_snapshot> keys, const user& who,
                                  const new_session& s, opened got);

}  // namespace mita::auth
