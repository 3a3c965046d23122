// A person's second factors: what there is, a code generator added and removed, new recovery codes. All but the first
// ask for a recent login.
#include "auth/factors/base32.hpp"
#include "auth/factors/body.hpp"
#include "auth/factors/recovery_code.hpp"
#include "auth/factors/totp.hpp"
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"

#include <openssl/crypto.h>

#include <utility>
#include <vector>

namespace mita::auth {

namespace {

[[noreturn]] void refuse_second() {
    throw api_error(409, "already_exists", "There is a code generator already: remove it first.");
}

// Shown once. The text is a secret as long as it is here.
http::response with_codes(const std::vector<std::string>& codes) {
    std::string out = "{\"recovery_codes\":[";
    for (const auto& c : codes) {
        if (out.back() != '[') out += ',';
        append_json_string(out, c);
    }
    return http::json(200, out + "]}");
}

void unused(recovery_set& set) {
    for (auto& c : set.codes) OPENSSL_cleanse(c.data(), c.size());
    set.codes.clear();
}

awaitable<void> settle(app& a, credential_change done) {
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
}

}  // namespace

awaitable<http::response> list_factors(http::request& req, app& a) {
    http::refuse_query(req);
    const auto has = co_await a.factors.of(req.who->user_id, req.until);
    co_return http::json(200, std::string(has.totp ? "{\"totp\":true" : "{\"totp\":false") +
                                  ",\"passkeys\":" + std::to_string(has.passkeys) +
                                  ",\"recovery_codes_left\":" + std::to_string(has.recovery_codes_left) + "}");
}

awaitable<http::response> begin_totp(http::request& req, app& a) {
    http::refuse_query(req);
    refuse_body(req.body);
    const auto who = co_await require_person(req, a);
    const auto key = new_totp_secret();
    auto sealed = a.all.factors.seal(key.view(), who.id);
    const bool begun = co_await a.factors.begin_totp(who.id, std::move(sealed), req.until);
    if (!begun) refuse_second();
    a.note(req, "totp_add", "asked", who.id);
    std::string out = "{";
    member(out, "secret", base32::encode(key.view()), true);
    member(out, "uri", totp_uri(key.view(), who.email));
    co_return http::json(200, out + "}");
}

// M2: a code proves that the authenticator has the secret. Every code that is shown counts as an attempt (L3).
awaitable<http::response> confirm_totp(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    const totp_confirm_request in(req.body);
    const auto who = co_await require_person(req, a);
    const auto held = co_await a.factors.totp_of(who.id, req.until);
    if (held && held->confirmed) refuse_second();
    if (!held || !held->fresh) throw api_error(404, "not_found", "No code generator is being added: begin anew.");
    const auto key = a.all.factors.open(held->sealed, who.id);

    auto tried = co_await a.try_at(req, who.email_key);
    const auto code = bare_code(in.code.view());
    const auto step = totp_step(key.view(), code.view(), wall::unix_seconds(), held->last_step);
    if (!step) {
        a.note(req, "totp_add", "refused", who.id);
        co_await tried.failed(req.until);
        throw api_error(422, "invalid_code", "The code is wrong: is the clock of the authenticator right?");
    }
    auto codes = new_recovery_codes();
    const auto done =
        co_await a.factors.confirm_totp(who.id, held->sealed, *step, req.who->session_id, codes.hashes, req.until);
    if (done.outcome == changed::gone)
        throw api_error(409, "already_exists", "Another request was faster: look which factors there are.");
    a.note(req, "totp_add", "ok", who.id);
    co_await settle(a, done);
    if (!done.first) unused(codes);
    co_return with_codes(codes.codes);
}

awaitable<http::response> remove_totp(http::request& req, app& a) {
    http::refuse_query(req);
    const auto done = co_await a.factors.remove_totp(req.who->user_id, req.who->session_id, req.until);
    if (done.outcome == changed::gone) throw api_error(404, "not_found", "There is no code generator.");
    a.note(req, "totp_remove", "ok", req.who->user_id);
    co_await settle(a, done);
    co_return http::empty();
}

awaitable<http::response> renew_recovery_codes(http::request& req, app& a) {
    http::refuse_query(req);
    refuse_body(req.body);
    const auto codes = new_recovery_codes();
    const auto done = co_await a.factors.renew_recovery_codes(req.who->user_id, codes.hashes, req.until);
    if (done.outcome == changed::gone) throw api_error(404, "not_found", "There is no second factor.");
    a.note(req, "recovery_codes", "renewed", req.who->user_id);
    co_return with_codes(codes.codes);
}

}  // namespace mita::auth
