// Registering: at once (open), by proof of the address (verified), or not at all (closed).
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/mail/letter.hpp"
#include "auth/people/body.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

namespace mita::auth {

// Whether the address is known shows only after the hash, at the price of one; with verified addresses never (P7).
awaitable<http::response> register_user(http::request& req, app& a) {
    http::refuse_query(req);
    if (a.all.set.registration == registration_mode::closed)
        throw api_error(403, "registration_closed", "Nobody can register here.");
    const wiped_body gone(req);
    register_request in(req.body);
    const auto keys = a.signer();
    auto place = a.admit(req, hashing::job_class::register_reset);
    user u;
    u.id = new_uuid();
    u.email = in.email;
    u.display_name = in.display_name;
    u.role = "user";
    u.language = name(preferred_language(req.headers.value("Accept-Language")).value_or(language::en));
    u.created_at = wall::now();
    const departure left(req);
    u.password_hash = co_await a.all.passwords.hash(std::move(place), std::move(in.password), left.flag);

    if (a.all.set.registration == registration_mode::verified) {
        const bool queued = co_await a.sessions.register_unproven(u, req.until);
        if (!queued) throw overloaded("the queue of mails is full", 60);
        a.count.registered.add();
        co_return accepted();
    }
    const auto s = session_of(req, u.id, std::string());
    const bool made = co_await a.sessions.register_user(u, s, req.until);
    if (made) a.note(req, "register", "ok", u.id);
    if (!made) throw api_error(409, "email_taken", "An account with this e-mail address exists.");
    a.count.registered.add();
    const app::grant first{u.id, s.id, u.role, 0, u.created_at, a.all.terms.absolute};
    auto out = http::json(201, to_json(u, a.issue(*keys, first)));
    http::with_header(out, "Location", "/v1/auth/me");
    co_return out;
}

}  // namespace mita::auth
