// Passkeys: made by who logged in a moment ago, listed, taken away; and a login by one alone. A challenge is used up by
// the first answer to it, good or bad.
#include "auth/factors/body.hpp"
#include "auth/factors/recovery_code.hpp"
#include "auth/handlers/entering.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/showing_passkey.hpp"
#include "auth/live_settings.hpp"
#include "auth/passkeys/body.hpp"
#include "auth/passkeys/passkey_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"
#include "jwt/bearer.hpp"

#include <span>
#include <utility>

namespace mita::auth {

namespace {

[[noreturn]] void refuse_made(http::request& req, app& a, std::string_view why) {
    a.note(req, "passkey_add", "refused", req.who->user_id);
    a.all.log.info("passkey_refused").with("reason", why).with("request_id", req.id);
    throw api_error(422, "invalid_passkey", "The passkey does not answer to what was asked: begin anew.");
}

std::string with_codes(const passkey& p, const std::vector<std::string>& codes) {
    std::string out = "{\"passkey\":" + to_json(p) + ",\"recovery_codes\":[";
    for (const auto& c : codes) {
        if (out.back() != '[') out += ',';
        append_json_string(out, c);
    }
    return out + "]}";
}

}  // namespace

awaitable<http::response> begin_passkey(http::request& req, app& a) {
    http::refuse_query(req);
    refuse_body(req.body);
    const auto& rp = party(a);
    const auto who = co_await require_person(req, a);
    const auto held = co_await a.passkeys.list(who.id, req.until);
    const auto challenge = a.all.challenges.make(challenge_for::making, who.id, wall::unix_seconds());
    co_return http::json(200, "{\"public_key\":" + creation_options(rp, who, challenge, held) + "}");
}

awaitable<http::response> add_passkey(http::request& req, app& a) {
    http::refuse_query(req);
    const auto& rp = party(a);
    passkey_request in(req.body);
    const auto told = read_client_data(in.made.client_data, "webauthn.create", rp);
    if (told.wrong != fault::none) refuse_made(req, a, name(told.wrong));
    if (!a.all.challenges.good(told.challenge, challenge_for::making, req.who->user_id, wall::unix_seconds()))
        refuse_made(req, a, "challenge");
    const bool first_use = co_await a.passkeys.use_challenge(told.challenge, req.until);
    if (!first_use) refuse_made(req, a, "challenge_used");
    const auto made = judge_made(in.made.id, in.made.attestation_object, rp);
    if (made.wrong != fault::none) refuse_made(req, a, name(made.wrong));

    passkey p;
    p.id = new_uuid();
    p.user_id = req.who->user_id;
    p.credential_id = made.credential_id;
    p.public_key = made.public_key;
    p.counter = made.counter;
    p.transports = in.made.transports;
    p.name = in.name;
    p.backed_up = made.backed_up;
    p.created_at = wall::now();
    auto codes = new_recovery_codes();
    const auto done = co_await a.passkeys.add(p, req.who->session_id, codes.hashes, req.until);
    if (done.how == passkey_store::added::gone) jwt::refuse_token(req);
    if (done.how == passkey_store::added::full)
        throw api_error(409, "too_many_passkeys", "There are twenty already: take one away first.");
    if (done.how == passkey_store::added::taken)
        throw api_error(409, "already_exists", "This passkey is in use already.");
    a.note(req, "passkey_add", "ok", p.user_id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    if (!done.first) codes.codes.clear();
    auto out = http::json(201, with_codes(p, codes.codes));
    http::with_header(out, "Location", "/v1/auth/passkeys/" + p.id.str());
    co_return out;
}

awaitable<http::response> list_passkeys(http::request& req, app& a) {
    const http::pager pages(req, a.all.cursors, req.who->user_id);
    const auto all = co_await a.passkeys.list(req.who->user_id, req.until);
    const auto page = pages.cut(std::span<const passkey>(all), place_of_passkey);
    co_return http::tagged_by_text(req, pages.answer(to_json(page), page.next));
}

awaitable<http::response> remove_passkey(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(404, "not_found", "There is no such passkey.");
    const auto done = co_await a.passkeys.remove(*id, req.who->user_id, req.who->session_id, req.until);
    if (done.outcome == changed::gone) throw api_error(404, "not_found", "There is no such passkey.");
    a.note(req, "passkey_remove", "ok", req.who->user_id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

awaitable<http::response> begin_passkey_login(http::request& req, app& a) {
    http::refuse_query(req);
    refuse_body(req.body);
    const auto& rp = party(a);
    const auto challenge = a.all.challenges.make(challenge_for::first_factor, uuid(), wall::unix_seconds());
    co_return http::json(200, "{\"public_key\":" + request_options(rp, challenge, {}, true) + "}");
}

awaitable<http::response> login_by_passkey(http::request& req, app& a) {
    http::refuse_query(req);
    party(a);
    passkey_login_request in(req.body);
    const auto keys = a.signer();
    auto tried = co_await attempt::begin(a.db, a.all.log, guess_from(req.client_address), req.until);
    const auto shown = co_await read_passkey(req, a, in.shown, challenge_for::first_factor, uuid());
    if (!shown) {
        co_await tried.failed(req.until);
        refuse_passkey(a);
    }
    const auto who = co_await a.users.find(shown->whose, req.until);
    auto s = session_of(req, shown->whose, in.device_name);
    s.amr = "pop user mfa";
    opened got;
    if (who && who->active()) {
        if (live(a.all.set.registration) == registration_mode::verified && !who->email_verified_at)
            throw api_error(403, "email_unverified", "Confirm the e-mail address first: a mail with a link was sent.");
        s.epoch = who->epoch;
        got = co_await a.passkeys.open(shown->credential_id, shown->counter, s, req.until);
    }
    if (!got.done) {
        a.note(req, "passkey_login", "refused", shown->whose);
        co_await tried.failed(req.until);
        refuse_passkey(a);
    }
    co_await tried.passed(who->id, req.until);
    auto answer = co_await welcome(req, a, keys, *who, s, got);
    co_return answer;
}

}  // namespace mita::auth
