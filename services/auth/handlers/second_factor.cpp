// The second step of a login: a token that says whose password was right, and a factor: a code, or a passkey. Nothing
// tells which of several reasons made a code a wrong one.
#include "auth/factors/body.hpp"
#include "auth/factors/recovery_code.hpp"
#include "auth/factors/totp.hpp"
#include "auth/handlers/entering.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/showing_passkey.hpp"
#include "auth/one_time/one_time_token.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t digits = 6;

// One answer for every reason: log in again.
[[noreturn]] void refuse_mfa_token() {
    throw api_error(401, "invalid_mfa_token", "This login is over: begin it anew.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\"");
}

[[noreturn]] void refuse_code(app& a) {
    a.count.refused.add();
    throw api_error(401, "invalid_code", "The code is wrong, or was used.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\"");
}

// What the code is, when it may be one: whether it is good still is decided where it is taken.
awaitable<std::optional<shown_factor>> read_code(http::request& req, app& a, const user& who, const secret& code) {
    shown_factor out;
    if (code.view().size() != digits) {
        const auto hash = hash_of_recovery_code(code.view());
        if (!hash) co_return std::nullopt;
        out.is = shown_factor::kind::recovery_code;
        out.what = *hash;
        co_return out;
    }
    const auto held = co_await a.factors.totp_of(who.id, req.until);
    if (!held || !held->confirmed) co_return std::nullopt;
    const auto key = a.all.factors.open(held->sealed, who.id);
    const auto step = totp_step(key.view(), code.view(), wall::unix_seconds(), held->last_step);
    if (!step) co_return std::nullopt;
    out.number = *step;
    co_return out;
}

awaitable<std::optional<shown_factor>> read_second_passkey(http::request& req, app& a, const user& who,
                                                           const shown_credential& in) {
    const auto held = co_await read_passkey(req, a, in, challenge_for::second_factor, who.id);
    if (!held) co_return std::nullopt;
    shown_factor out;
    out.is = shown_factor::kind::passkey;
    out.what = held->credential_id;
    out.number = held->counter;
    co_return out;
}

}  // namespace

awaitable<http::response> verify_second_factor(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    mfa_verify_request in(req.body);
    const auto keys = a.signer();
    const auto hash = hash_of_token(in.mfa_token.view());
    if (!hash) refuse_mfa_token();
    const auto login = co_await a.pending.look(*hash, req.until);
    if (!login) refuse_mfa_token();
    const auto who = co_await a.users.find(login->user_id, req.until);
    if (!who || !who->active() || who->epoch != login->epoch) refuse_mfa_token();
    auto tried = co_await a.try_at(req, who->email_key);
    const bool may = co_await a.pending.take_try(*hash, req.until);
    if (!may) refuse_mfa_token();

    std::optional<shown_factor> shown;
    if (in.shown) {
        shown = co_await read_second_passkey(req, a, *who, *in.shown);
    } else {
        shown = co_await read_code(req, a, *who, bare_code(in.code.view()));
    }
    auto s = session_of(req, who->id, login->device_name);
    s.epoch = login->epoch;
    s.amr = in.shown ? "pwd pop mfa" : "pwd otp mfa";
    s.instead_of = login->instead_of;
    pending_login_store::finished done;
    done.how = pending_login_store::outcome::wrong;
    if (shown) {
        done = co_await a.pending.finish(*hash, *shown, s, req.until);
    }
    if (done.how == pending_login_store::outcome::gone) refuse_mfa_token();
    if (done.how == pending_login_store::outcome::wrong) {
        a.note(req, "second_factor", "refused", who->id);
        co_await tried.failed(req.until);
        if (in.shown) refuse_passkey(a);
        refuse_code(a);
    }
    co_await tried.passed(who->id, req.until);
    if (shown->is == shown_factor::kind::recovery_code) a.note(req, "recovery_code", "used", who->id);
    auto answer = co_await welcome(req, a, keys, *who, s, done.session);
    co_return answer;
}

}  // namespace mita::auth
