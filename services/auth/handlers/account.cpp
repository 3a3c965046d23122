// The end of an account, and all that is known here of one.
#include "auth/audit/audit_store.hpp"
#include "auth/deletion/erasure_store.hpp"
#include "auth/deletion/export_store.hpp"
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/events.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/people/body.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "jwt/bearer.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

constexpr int events_a_step = 500;
constexpr std::size_t most_events = 10'000;  // some 3 MB; the rest through GET /v1/auth/events

}  // namespace

awaitable<http::response> delete_me(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    account_deletion in(req.body);
    auto place = a.admit(req, hashing::job_class::login);
    const auto who = co_await require_person(req, a);
    const departure left(req);
    co_await require_password(req, a, who, std::move(place), std::move(in.password), left.flag);
    erasure_store work(a.db);
    const auto done = co_await work.delete_account(who.id, who.password_hash, a.sessions.tokens_live(), req.until);
    if (!done.done) refuse_credentials(a);  // the password was changed meanwhile
    a.note_of_nobody("account_delete", "ok", who.id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

awaitable<http::response> export_account(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = req.who->user_id;
    export_store all(a.db);
    const auto known = co_await all.of(id, req.until);
    if (!known) jwt::refuse_token(req);
    std::string out = "{\"exported_at\":\"" + wall::format(wall::now()) + "\"," + *known + ",\"events\":[";
    audit_store trail(a.db);
    std::optional<uuid> before;
    bool more = true;
    for (std::size_t n = 0; more && n < most_events;) {
        const auto some = co_await trail.list(id, before, events_a_step, req.until);
        for (const auto& e : some) {
            if (n++ > 0) out += ',';
            append_event(out, e, false);
        }
        more = some.size() == static_cast<std::size_t>(events_a_step);
        if (!some.empty()) before = some.back().id;
    }
    out += more ? "],\"events_complete\":false}" : "],\"events_complete\":true}";
    a.note(req, "export", "ok", id);
    co_return http::json(200, std::move(out));
}

}  // namespace mita::auth
