#include "auth/handlers/handlers.hpp"
#include "core/clock.hpp"
#include "jwt/bearer.hpp"

#include <cstdint>
#include <memory>

namespace mita::auth {

namespace {

// Whose session to end: a token we signed, also an expired or revoked one, so that logging out twice or late is a
// success (S8).
std::shared_ptr<const jwt::claims> signed_by_us(const http::request& req, const app& a) {
    const auto keys = a.signer();
    const auto token = jwt::bearer(req);
    if (!token) jwt::refuse_token(req);
    jwt::policy p;
    p.issuer = a.all.set.issuer;
    p.audience = a.all.set.audience;
    p.max_lifetime_s = a.all.set.access_ttl.count();
    auto seen = jwt::verify(*token, keys->verifiers, p, wall::unix_seconds());
    if (seen.result != jwt::verdict::ok && seen.result != jwt::verdict::expired) jwt::refuse_token(req);
    return std::move(seen.value);
}

}  // namespace

awaitable<http::response> logout(http::request& req, app& a) {
    http::refuse_query(req);
    const auto c = signed_by_us(req, a);
    a.note(req, "logout", "ok", c->who.user_id);
    const auto sequence = co_await a.sessions.end(c->who.session_id, c->who.user_id, "logout", req.until);
    if (sequence) {
        co_await a.all.hub->settle(a.on.get_executor(), *sequence);
    }
    co_return http::empty();
}

awaitable<http::response> logout_all(http::request& req, app& a) {
    http::refuse_query(req);
    const auto c = signed_by_us(req, a);
    a.note(req, "logout_all", "ok", c->who.user_id);
    const auto sequence = co_await a.sessions.end_all(c->who.user_id, c->who.session_id, "logout_all", req.until);
    if (sequence) {
        co_await a.all.hub->settle(a.on.get_executor(), *sequence);
    }
    co_return http::empty();
}

}  // namespace mita::auth
