#include "auth/handlers/showing_passkey.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"

#include <string_view>

namespace mita::auth {

namespace {

void refused(http::request& req, app& a, std::string_view why, std::optional<uuid> whose) {
    a.all.log.info("passkey_refused").with("reason", why).with("request_id", req.id);
    a.note(req, "passkey", "refused", whose);
}

bool names(const std::string& handle, const uuid& whose) {
    return handle == std::string_view(reinterpret_cast<const char*>(whose.bytes.data()), whose.bytes.size());
}

}  // namespace

const relying_party& party(app& a) {
    if (a.all.set.passkeys.id.empty()) throw api_error(404, "not_found", "Passkeys are not taken here.");
    return a.all.set.passkeys;
}

awaitable<std::optional<held_passkey>> read_passkey(http::request& req, app& a, const shown_credential& in,
                                                    challenge_for what, uuid whom) {
    const auto& rp = party(a);
    const bool first = what == challenge_for::first_factor;
    const auto told = read_client_data(in.client_data, "webauthn.get", rp);
    const bool ours = a.all.challenges.good(told.challenge, what, whom, wall::unix_seconds());
    if (told.wrong != fault::none || !ours) {
        refused(req, a, ours ? name(told.wrong) : "challenge", std::nullopt);
        co_return std::nullopt;
    }
    const bool first_use = co_await a.passkeys.use_challenge(told.challenge, req.until);
    const auto held = co_await a.passkeys.find(in.id, req.until);
    if (!first_use || !held || (!first && held->user_id != whom)) {
        refused(req, a, first_use ? "unknown" : "challenge_used", std::nullopt);
        co_return std::nullopt;
    }
    if (in.user_handle && !names(*in.user_handle, held->user_id)) {
        refused(req, a, "user_handle", held->user_id);
        co_return std::nullopt;
    }
    const auto seen = judge_shown(held->public_key, in.authenticator_data, in.client_data, in.signature, rp, first);
    if (seen.wrong != fault::none) {
        refused(req, a, name(seen.wrong), held->user_id);
        co_return std::nullopt;
    }
    held_passkey out;
    out.whose = held->user_id;
    out.credential_id = held->credential_id;
    out.counter = seen.counter;
    co_return out;
}

void refuse_passkey(app& a) {
    a.count.refused.add();
    throw api_error(401, "invalid_passkey", "The passkey was not taken.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\"");
}

}  // namespace mita::auth
