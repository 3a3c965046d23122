#include "auth/clients/service_token.hpp"

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/principal.hpp"
#include "jwt/token.hpp"

#include <algorithm>
#include <utility>

namespace mita::auth {

std::optional<std::string> granted_scope(const client& c, std::string_view asked) {
    principal all;
    all.scope = c.scope.empty() ? "service" : "service " + c.scope;
    std::string out = "service";
    bool any = false;
    while (!asked.empty()) {
        const auto end = std::min(asked.find(' '), asked.size());
        const auto word = asked.substr(0, end);
        asked.remove_prefix(std::min(end + 1, asked.size()));
        if (word.empty()) continue;
        any = true;
        if (!all.may(word)) return std::nullopt;
        principal so_far;
        so_far.scope = out;
        if (!so_far.may(word)) out += ' ' + std::string(word);
    }
    return any ? out : all.scope;
}

std::string issue_service_token(const client& c, std::string scope, std::string issuer, std::string audience,
                                std::chrono::seconds lives, const jwt::signing_key& with) {
    jwt::claims t;
    t.who.user_id = c.id;
    t.who.session_id = c.session;
    t.who.client_id = c.id.str();
    t.who.scope = std::move(scope);
    t.issued_at = wall::unix_seconds();
    t.who.auth_time = t.issued_at;
    t.who.expires_at = t.issued_at + lives.count();
    t.jti = new_uuid();
    t.issuer = std::move(issuer);
    t.audience = std::move(audience);
    return jwt::issue(t, with, service_token_type);
}

}  // namespace mita::auth
