// What administrators do with accounts (A1): role admin and a recent login, each act in the trail of whom it concerns.
// They become nobody else and set no password.
#include "auth/handlers/admin.hpp"

#include "auth/handlers/events.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/page_by_id.hpp"
#include "auth/people/standing_store.hpp"
#include "auth/people/user_json.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "http/percent.hpp"
#include "http/query_reader.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t longest_part = 254;

std::string query_of(const user_search& what) {
    std::string out;
    const auto add = [&out](const char* name, const std::string& value) {
        out += (out.empty() ? "" : "&") + std::string(name) + '=' + http::percent_encode(value);
    };
    if (!what.part.empty()) add("q", what.part);
    if (what.status) add("status", *what.status);
    if (what.role) add("role", *what.role);
    return out;
}

std::optional<std::string> one_of(http::query_reader& in, const char* name, std::string_view a, std::string_view b) {
    auto given = in.take(name);
    if (given && *given != a && *given != b)
        in.fail(name, "invalid_value", "Must be " + std::string(a) + " or " + std::string(b) + ".");
    return given;
}

uuid person_in(const http::request& req) {
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(404, "not_found", "There is no such account.");
    return *id;
}

// Nobody shuts out the last one who could let them in again.
void refuse_own(const http::request& req, const uuid& id) {
    if (req.who->user_id == id)
        throw api_error(409, "own_account", "This is your own account: another administrator has to do it.");
}

void refuse_members(const http::request& req) {
    http::refuse_query(req);
    if (req.body.empty()) return;
    json_document doc(req.body);
    doc.object();
    doc.finish();
}

awaitable<http::response> answer(http::request& req, app& a, uuid id, standing_change done, std::string action) {
    if (done.how == standing::gone) throw api_error(404, "not_found", "There is no such account.");
    if (done.how == standing::done) a.note(req, action, "ok", id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

}  // namespace

void require_admin(const http::request& req) {
    if (!req.who->may("admin")) throw api_error(403, "forbidden", "This call is for administrators.");
}

awaitable<http::response> admin_users(http::request& req, app& a) {
    require_admin(req);
    http::query_reader in(req.query);
    user_search what;
    what.part = in.take("q").value_or("");
    if (what.part.size() > longest_part) in.fail("q", "too_long", "At most 254 bytes.");
    what.status = one_of(in, "status", "active", "disabled");
    what.role = one_of(in, "role", "user", "admin");
    page_by_id page(req, a, in);
    in.finish();
    page.go_on(req.route, query_of(what));
    what.before = page.before;
    what.limit = page.rows();
    standing_store accounts(a.db, a.sessions.tokens_live());
    auto found = co_await accounts.search(what, req.until);
    co_return page.answer(std::move(found), [](std::string& out, const user& u) { out += internal_json(u); });
}

awaitable<http::response> admin_user(http::request& req, app& a) {
    require_admin(req);
    http::refuse_query(req);
    const auto found = co_await a.users.find(person_in(req), req.until);
    if (!found) throw api_error(404, "not_found", "There is no such account.");
    co_return http::json(200, internal_json(*found));
}

// Also of an account that is gone: what was done with it stays.
awaitable<http::response> admin_events(http::request& req, app& a) {
    require_admin(req);
    auto page = co_await events_of(req, a, person_in(req), true);
    co_return page;
}

awaitable<http::response> admin_disable(http::request& req, app& a) {
    require_admin(req);
    refuse_members(req);
    const auto id = person_in(req);
    refuse_own(req, id);
    standing_store accounts(a.db, a.sessions.tokens_live());
    const auto done = co_await accounts.set(id, "disabled", std::nullopt, req.until);
    co_return co_await answer(req, a, id, done, "disable");
}

awaitable<http::response> admin_enable(http::request& req, app& a) {
    require_admin(req);
    refuse_members(req);
    const auto id = person_in(req);
    standing_store accounts(a.db, a.sessions.tokens_live());
    const auto done = co_await accounts.set(id, "active", std::nullopt, req.until);
    co_return co_await answer(req, a, id, done, "enable");
}

awaitable<http::response> admin_end_sessions(http::request& req, app& a) {
    require_admin(req);
    refuse_members(req);
    const auto id = person_in(req);
    standing_store accounts(a.db, a.sessions.tokens_live());
    const auto done = co_await accounts.end_sessions(id, "admin", req.until);
    co_return co_await answer(req, a, id, done, "sessions_end");
}

awaitable<http::response> admin_require_reset(http::request& req, app& a) {
    require_admin(req);
    refuse_members(req);
    const auto id = person_in(req);
    refuse_own(req, id);
    if (!a.all.set.mail.on())
        throw api_error(409, "mail_off", "No mail is sent here: nobody could choose a new password.");
    standing_store accounts(a.db, a.sessions.tokens_live());
    const auto done = co_await accounts.require_reset(id, req.until);
    co_return co_await answer(req, a, id, done, "reset_required");
}

awaitable<http::response> admin_set_role(http::request& req, app& a) {
    require_admin(req);
    http::refuse_query(req);
    const auto id = person_in(req);
    json_document doc(req.body);
    auto in = doc.object();
    const auto role = in.string("role", 1, 20);
    if (!role.empty() && role != "user" && role != "admin") in.fail("role", "invalid_value", "Must be user or admin.");
    doc.finish();
    refuse_own(req, id);
    standing_store accounts(a.db, a.sessions.tokens_live());
    const auto done = co_await accounts.set(id, std::nullopt, role, req.until);
    co_return co_await answer(req, a, id, done, "role_" + role);
}

}  // namespace mita::auth
