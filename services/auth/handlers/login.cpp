#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/mail/letter.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

namespace mita::auth {

// An outdated cost or algorithm is renewed while the password is at hand (P1). When the pool is busy the next login
// tries.
static awaitable<void> renew_hash(http::request& req, app& a, const user& u, secret password) {
    auto spare = a.all.passwords.admit(hashing::job_class::login, app::bucket(req.client_address), req.until);
    if (!spare.place) co_return;
    try {
        auto renewed = co_await a.all.passwords.hash(std::move(*spare.place), std::move(password));
        co_await a.users.replace_hash(u.id, u.password_hash, std::move(renewed), req.until);
    } catch (const std::exception& e) {
        a.all.log.warn("rehash_failed").with("user_id", u.id.str()).with("reason", e.what());
    }
}

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
    co_await tried.passed(found->id, req.until);

    if (verdict.rehash) {
        co_await renew_hash(req, a, *found, std::move(again));
    }

    if (a.all.set.registration == registration_mode::verified && !found->email_verified_at)
        throw api_error(403, "email_unverified", "Confirm the e-mail address first: a mail with a link was sent.");

    auto s = session_of(req, found->id, in.device_name);
    s.epoch = found->epoch;
    const auto got = co_await a.sessions.open(s, req.until);
    if (!got.done) refuse_credentials(a);  // disabled or deleted while the password was checked
    if (got.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), got.revocation);
    }
    const auto tongue = preferred_language(req.headers.value("Accept-Language"));
    if (tongue && name(*tongue) != found->language) {
        co_await a.users.set_language(found->id, std::string(name(*tongue)), req.until);
    }
    a.note(req, "login", "ok", found->id);
    a.count.ok.add();
    const app::grant first{found->id, s.id, got.scope, 0, wall::now(), a.all.terms.absolute};
    co_return http::json(200, to_json(*found, a.issue(*keys, first)));
}

}  // namespace mita::auth
