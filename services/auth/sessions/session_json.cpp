#include "auth/sessions/session_json.hpp"

#include "auth/people/user_json.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"

namespace mita::auth {

namespace {

void token_members(std::string& out, const tokens& t) {
    member(out, "access_token", t.access_token, out.back() == '{');
    member(out, "token_type", "Bearer");
    out += ",\"expires_in\":" + std::to_string(t.expires_in);
    member(out, "refresh_token", t.refresh_token);
}

}  // namespace

std::string to_json(const user& u, const tokens& t) {
    std::string out = "{\"user\":" + to_json(u);
    token_members(out, t);
    return out += '}';
}

std::string to_json(const tokens& t) {
    std::string out = "{";
    token_members(out, t);
    return out += '}';
}

std::string to_json(const http::page<session_row>& sessions, const uuid& current) {
    std::string out = "{\"data\":[";
    for (const auto& s : sessions.items) {
        if (&s != &sessions.items.front()) out += ',';
        out += '{';
        member(out, "id", s.id.str(), true);
        member(out, "device", s.device_name);
        member(out, "user_agent", s.user_agent);
        member(out, "ip", s.ip);
        member(out, "created_at", wall::format(s.created_at));
        member(out, "last_seen_at", wall::format(s.last_seen_at));
        out += s.id == current ? ",\"current\":true}" : ",\"current\":false}";
    }
    out += "],\"next_cursor\":";
    if (sessions.next)
        append_json_string(out, *sessions.next);
    else
        out += "null";
    return out += '}';
}

}  // namespace mita::auth
