// Recognised by a password: to begin a session, or to begin one anew in the place of the present one.
#include "auth/handlers/entering.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/live_settings.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "core/error.hpp"

namespace mita::auth {

awaitable<http::response> login(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    login_request in(req.body);
    const auto keys = a.signer();
    auto place = a.admit(req, hashing::job_class::login);
    auto tried = co_await a.try_at(req, canonical_address(in.email).value_or(in.email));
    const auto found = co_await a.users.find_by_email(in.email, req.until);
    const bool known = found && found->active();
    secret again = in.password.copy();  // for a rehash; wiped with the frame

    // Unknown, disabled and wrong cost the same and say the same (P7).
    const departure left(req);
    hashing::verdict verdict;
    if (known) {
        verdict =
            co_await a.all.passwords.verify(std::move(place), std::move(in.password), found->password_hash, left.flag);
    } else {
        verdict = co_await a.all.passwords.verify_unknown(std::move(place), std::move(in.password), left.flag);
    }
    if (!known || !verdict.match) {
        a.note(req, "login", "refused", found ? std::optional(found->id) : std::nullopt);
        co_await tried.failed(req.until);
        refuse_credentials(a);
    }
    if (verdict.rehash) {
        co_await renew_hash(req, a, *found, std::move(again));
    }
    if (live(a.all.set.registration) == registration_mode::verified && !found->email_verified_at) {
        co_await tried.passed(found->id, req.until);
        throw api_error(403, "email_unverified", "Confirm the e-mail address first: a mail with a link was sent.");
    }
    auto in_or_asked =
        co_await enter(req, a, keys, *found, session_of(req, found->id, in.device_name), std::move(tried));
    co_return in_or_asked;
}

// The present session ends and another begins, with an auth_time of now (S9): what calls for a recent login is open
// then.
awaitable<http::response> reauthenticate(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    password_request in(req.body);
    const auto keys = a.signer();
    auto place = a.admit(req, hashing::job_class::login);
    const auto who = co_await require_person(req, a);
    const departure left(req);
    auto tried = co_await a.try_at(req, who.email_key);
    const auto verdict =
        co_await a.all.passwords.verify(std::move(place), std::move(in.password), who.password_hash, left.flag);
    if (!verdict.match) {
        a.note(req, "reauthenticate", "refused", who.id);
        co_await tried.failed(req.until);
        refuse_credentials(a);
    }
    auto s = session_of(req, who.id, std::string());
    s.instead_of = req.who->session_id;
    auto in_or_asked = co_await enter(req, a, keys, who, std::move(s), std::move(tried));
    co_return in_or_asked;
}

}  // namespace mita::auth
