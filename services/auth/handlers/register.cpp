// Registering: at once (open), by proof of the address (verified), by an invitation (invited), or not at all (closed).
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/invitations/invitation_store.hpp"
#include "auth/live_settings.hpp"
#include "auth/mail/letter.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

#include <string>
#include <utility>

namespace mita::auth {

namespace {

[[noreturn]] void refuse_invitation() {
    throw api_error(422, "invalid_token", "The invitation is not good: ask for a new one.");
}

// The hash of one that is good for this mailbox, before anything is hashed; guesses are slowed (L3).
awaitable<std::string> require_invitation(const http::request& req, app& a, const register_request& in) {
    if (in.invitation.empty()) throw api_error(403, "invitation_required", "Who registers here has been invited.");
    const auto hash = hash_of_invitation(in.invitation.view());
    auto tried = co_await attempt::begin(a.db, a.all.log, guess_from(req.client_address), req.until);
    bool good = false;
    if (hash) {
        invitation_store invitations(a.db);
        good = co_await invitations.good(*hash, canonical_address(in.email).value_or(""), req.until);
    }
    if (good) co_return *hash;
    co_await tried.failed(req.until);
    refuse_invitation();
}

[[noreturn]] void refuse_taken() { throw api_error(409, "email_taken", "An account with this e-mail address exists."); }

}  // namespace

// Whether the address is known shows only after the hash, at the price of one; with verified addresses never (P7).
awaitable<http::response> register_user(http::request& req, app& a) {
    http::refuse_query(req);
    if (live(a.all.set.registration) == registration_mode::closed)
        throw api_error(403, "registration_closed", "Nobody can register here.");
    const wiped_body gone(req);
    register_request in(req.body, live(a.all.set.least_password));
    const auto keys = a.signer();
    std::string invitation;
    if (live(a.all.set.registration) == registration_mode::invited) {
        invitation = co_await require_invitation(req, a, in);
    }
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

    if (live(a.all.set.registration) == registration_mode::verified) {
        const bool queued = co_await a.sessions.register_unproven(u, req.until);
        if (!queued) throw overloaded("the queue of mails is full", 60);
        a.count.registered.add();
        co_return accepted();
    }
    const auto s = session_of(req, u.id, std::string());
    auto outcome = invited::taken;
    if (invitation.empty()) {
        const bool made = co_await a.sessions.register_user(u, s, req.until);
        if (made) outcome = invited::made;
    } else {
        invitation_store invitations(a.db);
        outcome = co_await invitations.use(std::move(invitation), u, s, a.all.terms, req.until);
    }
    if (outcome == invited::refused) refuse_invitation();
    if (outcome == invited::taken) refuse_taken();
    a.note(req, "register", "ok", u.id);
    a.count.registered.add();
    const app::grant first{u.id, s.id, u.role, 0, u.created_at, s.amr, a.all.terms.absolute};
    auto out = http::json(201, to_json(u, a.issue(*keys, first)));
    http::with_header(out, "Location", "/v1/auth/me");
    co_return out;
}

}  // namespace mita::auth
