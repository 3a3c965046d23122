#include "auth/handlers/entering.hpp"

#include "auth/mail/letter.hpp"
#include "auth/passkeys/passkey_json.hpp"
#include "auth/people/user_json.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "http/problem.hpp"

#include <utility>

namespace mita::auth {

namespace {

http::response factor_needed(const http::request& req, const secret& token, const factor_summary& has,
                             const std::string& passkey_options) {
    http::response out;
    http::write_problem(out, req,
                        api_error(401, "mfa_required", "A second factor is needed: show it with mfa_token.")
                            .with_header("WWW-Authenticate", "Bearer realm=\"mita\""));
    out.body.pop_back();
    member(out.body, "mfa_token", token.view());
    out.body += ",\"expires_in\":" + std::to_string(pending_login_store::lifetime.count()) + ",\"methods\":[";
    if (has.totp) out.body += "\"totp\",";
    if (!passkey_options.empty()) out.body += "\"passkey\",";
    if (has.recovery_codes_left > 0) out.body += "\"recovery_code\",";
    if (out.body.back() == ',') out.body.pop_back();
    out.body += ']';
    if (!passkey_options.empty()) out.body += ",\"public_key\":" + passkey_options;
    out.body += '}';
    return out;
}

// Empty: the person has no passkey, or none is taken here any more.
awaitable<std::string> passkey_question(http::request& req, app& a, const user& who) {
    const auto& rp = a.all.set.passkeys;
    if (rp.id.empty()) co_return "";
    const auto held = co_await a.passkeys.list(who.id, req.until);
    if (held.empty()) co_return "";
    const auto challenge = a.all.challenges.make(challenge_for::second_factor, who.id, wall::unix_seconds());
    co_return request_options(rp, challenge, held, false);
}

awaitable<http::response> ask_for_factor(http::request& req, app& a, const user& who, new_session s) {
    pending_login waiting;
    waiting.user_id = who.id;
    waiting.epoch = who.epoch;
    waiting.instead_of = s.instead_of;
    waiting.device_name = s.device_name;
    const auto has = co_await a.factors.of(who.id, req.until);
    std::string options;
    if (has.passkeys > 0) {
        options = co_await passkey_question(req, a, who);
    }
    const auto token = co_await a.pending.issue(std::move(waiting), req.until);
    a.note(req, s.instead_of ? "reauthenticate" : "login", "factor_asked", who.id);
    co_return factor_needed(req, token, has, options);
}

}  // namespace

// When the pool is busy the next login tries.
awaitable<void> renew_hash(http::request& req, app& a, const user& u, secret password) {
    auto spare = a.all.passwords.admit(hashing::job_class::login, app::bucket(req.client_address), req.until);
    if (!spare.place) co_return;
    try {
        auto renewed = co_await a.all.passwords.hash(std::move(*spare.place), std::move(password));
        co_await a.users.replace_hash(u.id, u.password_hash, std::move(renewed), req.until);
    } catch (const std::exception& e) {
        a.all.log.warn("rehash_failed").with("user_id", u.id.str()).with("reason", e.what());
    }
}

awaitable<http::response> enter(http::request& req, app& a, std::shared_ptr<const key_snapshot> keys, const user& who,
                                new_session s, attempt tried) {
    s.epoch = who.epoch;
    if (who.second_factor) {
        auto question = co_await ask_for_factor(req, a, who, std::move(s));
        co_return question;
    }
    co_await tried.passed(who.id, req.until);
    const auto got = co_await a.sessions.open(s, req.until);
    if (!got.done) refuse_credentials(a);  // disabled, changed or deleted while the password was checked
    auto in = co_await welcome(req, a, std::move(keys), who, s, got);
    co_return in;
}

awaitable<http::response> welcome(http::request& req, app& a, std::shared_ptr<const key_snapshot> keys, const user& who,
                                  const new_session& s, opened got) {
    if (got.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), got.revocation);
    }
    const auto tongue = preferred_language(req.headers.value("Accept-Language"));
    if (tongue && name(*tongue) != who.language) {
        co_await a.users.set_language(who.id, std::string(name(*tongue)), req.until);
    }
    a.note(req, s.instead_of ? "reauthenticate" : "login", "ok", who.id);
    a.count.ok.add();
    const app::grant first{who.id, s.id, got.scope, 0, wall::now(), s.amr, a.all.terms.absolute};
    co_return http::json(200, to_json(who, a.issue(*keys, first)));
}

}  // namespace mita::auth
