#include "jwt/bearer.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <memory>

namespace mita::jwt {

namespace {

constexpr std::int64_t recent_s = 900;

void require_secret(const http::request& req, const secret& expected) {
    const auto token = bearer(req);
    if (expected.empty() || !token || !(expected == *token)) refuse_token(req);
}

}  // namespace

std::optional<std::string_view> bearer(const http::request& req) {
    const auto value = req.headers.value("Authorization");
    const auto space = value.find(' ');
    if (space == std::string_view::npos || !http::iequals(value.substr(0, space), "Bearer")) return std::nullopt;
    const auto token = value.substr(space + 1);
    if (token.empty() || token.find(' ') != std::string_view::npos) return std::nullopt;
    return token;
}

std::string authorization_line(const secret& token) {
    std::string line = "Authorization: Bearer ";
    line += token.view();
    line += "\r\n";
    return line;
}

void refuse_token(const http::request& req) {
    const auto shown = req.headers.value("Authorization");
    const bool bears = http::iequals(shown.substr(0, shown.find(' ')), "Bearer");
    throw api_error(401, "unauthorized", "A valid access token is required.")
        .with_header("WWW-Authenticate",
                     bears ? "Bearer realm=\"mita\", error=\"invalid_token\"" : "Bearer realm=\"mita\"");
}

void require_recent(const http::request& req) {
    if (wall::unix_seconds() - req.who->auth_time <= recent_s) return;
    throw api_error(401, "recent_login_required", "Log in again: this call needs a login of the last 15 minutes.")
        .with_header(
            "WWW-Authenticate",
            "Bearer realm=\"mita\", error=\"insufficient_user_authentication\", error_description=\"a login of "
            "the last 15 minutes is needed\", max_age=\"" +
                std::to_string(recent_s) + "\"");
}

awaitable<void> authenticate(validator& tokens, http::request& req, http::access need, const secret& internal_token,
                             const secret& ops_token, bool moves_money) {
    if (need == http::access::open) co_return;
    if (need == http::access::internal) {
        require_secret(req, internal_token);
        co_return;
    }
    if (need == http::access::ops) {
        require_secret(req, ops_token);
        co_return;
    }
    const auto token = bearer(req);
    if (!token) refuse_token(req);
    if (!tokens.can_judge())  // just started (C7): a token that was logged out must not pass meanwhile
        throw api_error(503, "unavailable", "The service is starting; try again.").with_header("Retry-After", "1");
    decoded seen = tokens.check_now(*token);
    if (seen.result == verdict::unknown_key) {
        seen = co_await tokens.check(*token, req.until);
    }
    if (seen.result != verdict::ok) refuse_token(req);
    req.who = std::shared_ptr<const principal>(seen.value, &seen.value->who);
    if (need == http::access::service && !req.who->may("service"))
        throw api_error(403, "forbidden", "This call is for services.");
    if (need == http::access::recent) require_recent(req);
    if (moves_money && tokens.degraded())
        throw api_error(503, "unavailable", "Revocations cannot be read right now; writes are refused until they can.")
            .with_header("Retry-After", "1");
}

}  // namespace mita::jwt
