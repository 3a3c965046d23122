// The authentication step every service runs before a handler: Bearer token -> validator -> request.who. Used by each
// App::authenticate.
#pragma once

#include "core/config.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "jwt/validator.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::jwt {

// The credentials of "Authorization: Bearer x" (RFC 6750 2.1; scheme in any case); nullopt when absent or of another
// scheme.
std::optional<std::string_view> bearer(const http::request& req);

// What a caller of ours sends: "Authorization: Bearer x\r\n".
std::string authorization_line(const secret& token);

// Throws api_error: 401 unauthorized with WWW-Authenticate, the same body for every reason. The
// header says invalid_token to those who showed one; who showed none is only told what is asked for (RFC 6750 3.1).
[[noreturn]] void refuse_token(const http::request& req);

// Throws 401 recent_login_required with an RFC 9470 challenge unless req.who logged in within the last 15 min.
void require_recent(const http::request& req);

// By `need`: open passes; user needs a valid access token; recent what require_recent() asks for
// (401 recent_login_required); service the scope "service" (403 forbidden); internal and ops the given secret as Bearer
// (constant-time). A token before tokens.can_judge(): 503 with Retry-After. Sets req.who. `moves_money`: refused with
// 503 while the revocation feed is lost (C7).
awaitable<void> authenticate(validator& tokens, http::request& req, http::access need, const secret& internal_token,
                             const secret& ops_token, bool moves_money = false);

}  // namespace mita::jwt
