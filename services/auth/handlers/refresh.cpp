#include "auth/handlers/handlers.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"

namespace mita::auth {

namespace {

// One answer for every reason: forged, used up, of a dead session.
[[noreturn]] void refuse() {
    throw api_error(401, "invalid_refresh_token", "The refresh token is not valid.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\", error=\"invalid_token\"");
}

}  // namespace

awaitable<http::response> refresh(http::request& req, app& a) {
    http::refuse_query(req);
    json_document doc(req.body);
    auto in = doc.object();
    const auto text = in.string("refresh_token", 1, 1000);
    doc.finish();
    const auto claim = a.all.refresh.read(text);
    if (!claim) refuse();
    const auto keys = a.signer();

    const auto got = co_await a.sessions.refresh(claim->session, claim->counter, req.until);
    if (got.outcome == refresh_outcome::reused) {
        a.count.reused.add();
        a.note(req, "refresh", "reused", got.user_id);
        a.all.log.warn("refresh_reused").with("user_id", got.user_id.str()).with("request_id", req.id);
        co_await a.all.hub->settle(a.on.get_executor(), got.revocation);
        refuse();
    }
    if (got.outcome == refresh_outcome::dead || got.outcome == refresh_outcome::forged || got.left.count() < 1) {
        a.count.dead.add();
        refuse();
    }
    (got.outcome == refresh_outcome::rotated ? a.count.rotated : a.count.repeated).add();
    const app::grant next{got.user_id, claim->session, got.scope, got.counter, got.auth_time, got.amr, got.left};
    co_return http::json(200, to_json(a.issue(*keys, next)));
}

}  // namespace mita::auth
