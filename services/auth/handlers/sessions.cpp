#include "auth/handlers/handlers.hpp"
#include "auth/people/user_json.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/error.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <span>

namespace mita::auth {

awaitable<http::response> list_sessions(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto sessions = co_await a.sessions.list(req.who->user_id, req.until);
    const auto page = pages.cut(std::span<const session_row>(sessions), place_of);
    co_return http::tagged_by_text(req, pages.answer(to_json(page, req.who->session_id), page.next));
}

awaitable<http::response> end_session(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(404, "not_found", "There is no such session.");
    const auto sequence = co_await a.sessions.end(*id, req.who->user_id, "ended_by_user", req.until);
    if (!sequence) throw api_error(404, "not_found", "There is no such session.");
    a.note(req, "session_end", "ok", req.who->user_id);
    co_await a.all.hub->settle(a.on.get_executor(), *sequence);
    co_return http::empty();
}

awaitable<http::response> me(http::request& req, app& a) {
    http::refuse_query(req);
    const auto found = co_await a.users.find(req.who->user_id, req.until);
    if (!found) throw api_error(404, "not_found", "There is no such user.");
    co_return http::json(200, to_json(*found));
}

awaitable<http::response> jwks(http::request& req, app& a) {
    http::refuse_query(req);
    const auto keys = a.signer();
    co_return http::json_with_etag(req, keys->jwks, keys->etag, 200, "public, max-age=300");
}

}  // namespace mita::auth
