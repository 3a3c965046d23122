// Services: a token for their secret (RFC 6749 4.4), asking about tokens (RFC 7662) and ending them (RFC 7009), and the
// document that says what of this there is (RFC 8414, OpenID Connect Discovery).
#include "auth/clients/basic.hpp"
#include "auth/clients/client_check.hpp"
#include "auth/clients/service_token.hpp"
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/introspection.hpp"
#include "auth/people/user_json.hpp"
#include "auth/revocation/revocation_store.hpp"
#include "core/error.hpp"
#include "http/problem.hpp"

#include <optional>
#include <string>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t longest_token = 8'192;

// A form, read as OAuth wants it: what nobody knows is ignored, nothing comes twice.
http::query_params form_of(const http::request& req) {
    if (!http::is_media_type(req.headers.value("Content-Type"), "application/x-www-form-urlencoded"))
        throw api_error(415, "unsupported_media_type", "The body must be application/x-www-form-urlencoded");
    try {
        return http::query_params(req.body);
    } catch (const api_error&) {
        throw api_error(400, "invalid_request", "The form is not well formed, or names a parameter twice.");
    }
}

std::string token_of(http::query_params& form) {
    auto token = form.take("token").value_or("");
    if (token.empty()) throw api_error(400, "invalid_request", "The parameter token is missing.");
    return token.size() <= longest_token ? token : "";
}

awaitable<client> client_of(const http::request& req, app& a, http::query_params& form) {
    auto basic = read_basic(req.headers.value("Authorization"));
    auto id = form.take("client_id");
    auto password = form.take("client_secret");
    if (basic && password)
        throw api_error(400, "invalid_request", "The client authenticates twice: by header and by body.");
    if (!basic && id && password) basic.emplace(basic_credentials{std::move(*id), secret(std::move(*password))});
    if (!basic) refuse_client();
    auto found = co_await a.require_client(req, std::move(basic->id), std::move(basic->password));
    co_return found;
}

}  // namespace

awaitable<http::response> client_token(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    auto form = form_of(req);
    const auto c = co_await client_of(req, a, form);
    const auto type = form.take("grant_type");
    if (!type) throw api_error(400, "invalid_request", "The parameter grant_type is missing.");
    if (*type != "client_credentials")
        throw api_error(400, "unsupported_grant_type", "Only client_credentials is granted here.");
    auto scope = granted_scope(c, form.take("scope").value_or(""));
    if (!scope) throw api_error(400, "invalid_scope", "The client may not have all of this scope.");
    const auto keys = a.signer();
    const auto token = issue_service_token(c, *scope, a.all.set.issuer, a.all.set.service_audience,
                                           a.all.set.access_ttl, keys->signer);
    a.note(req, "client_token", "ok", c.id);
    a.count.issued.add();
    std::string out = "{";
    member(out, "access_token", token, true);
    member(out, "token_type", "Bearer");
    out += ",\"expires_in\":" + std::to_string(a.all.set.access_ttl.count());
    member(out, "scope", *scope);
    co_return http::json(200, out + '}');
}

awaitable<http::response> introspect(http::request& req, app& a) {
    http::refuse_query(req);
    auto form = form_of(req);
    const auto token = token_of(form);
    const auto own = a.all.service_tokens.check_now(token);
    if (own.result == jwt::verdict::ok) {
        const bool may = req.who->may("introspect") || own.value->who.client_id == req.who->client_id;
        co_return http::json(200, may ? introspection(*own.value) : std::string(inactive));
    }
    const auto seen = a.all.tokens.check_now(token);
    const bool told = seen.result == jwt::verdict::ok && req.who->may("introspect");
    co_return http::json(200, told ? introspection(*seen.value) : std::string(inactive));
}

namespace {

void require_revoke(const http::request& req) {
    if (!req.who->may("revoke"))
        throw api_error(400, "unauthorized_client", "The token was not issued to this client.");
}

// The sequence to settle; nullopt: nothing lives that it named.
awaitable<std::optional<std::int64_t>> end_token(const http::request& req, app& a, std::string token) {
    std::optional<std::int64_t> sequence;
    const auto own = a.all.service_tokens.check_now(token);
    if (own.result == jwt::verdict::ok) {
        if (own.value->who.client_id != req.who->client_id) require_revoke(req);
        revocation_store revoked(a.db);
        sequence = co_await revoked.revoke_token(own.value->jti, a.sessions.tokens_live(), req.until);
        a.note(req, "token_revoke", "ok", own.value->who.user_id);
        co_return sequence;
    }
    std::optional<uuid> session;
    const auto seen = a.all.tokens.check_now(token);
    if (seen.result == jwt::verdict::ok) session = seen.value->who.session_id;
    const auto claim = a.all.refresh.read(token);
    if (claim) session = claim->session;
    if (!session) co_return std::nullopt;
    require_revoke(req);
    sequence = co_await a.sessions.end(*session, std::nullopt, "revoked_by_service", req.until);
    if (sequence && seen.value) a.note(req, "token_revoke", "ok", seen.value->who.user_id);
    co_return sequence;
}

}  // namespace

awaitable<http::response> revoke(http::request& req, app& a) {
    http::refuse_query(req);
    auto form = form_of(req);
    auto token = token_of(form);
    const auto sequence = co_await end_token(req, a, std::move(token));
    if (sequence) {
        co_await a.all.hub->settle(a.on.get_executor(), *sequence);
    }
    co_return http::empty(200);
}

awaitable<http::response> server_metadata(http::request& req, app& a) {
    http::refuse_query(req);
    const auto& shown = a.all.metadata;
    co_return http::json_with_etag(req, shown.text, shown.etag, 200, "public, max-age=300");
}

}  // namespace mita::auth
