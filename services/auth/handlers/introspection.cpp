#include "auth/handlers/introspection.hpp"

#include "auth/people/user_json.hpp"

namespace mita::auth {

std::string introspection(const jwt::claims& c) {
    std::string out = "{\"active\":true";
    member(out, "token_type", "Bearer");
    member(out, "iss", c.issuer);
    member(out, "aud", c.audience);
    member(out, "sub", c.who.user_id.str());
    member(out, "sid", c.who.session_id.str());
    member(out, "jti", c.jti.str());
    member(out, "scope", c.who.scope);
    member(out, "client_id", c.who.client_id);
    out += ",\"exp\":" + std::to_string(c.who.expires_at) + ",\"iat\":" + std::to_string(c.issued_at);
    return out + ",\"auth_time\":" + std::to_string(c.who.auth_time) + '}';
}

}  // namespace mita::auth
