#include "auth/dto.hpp"

#include "auth/password_rules.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"

#include <algorithm>
#include <utility>

namespace mita::auth {

namespace {

// Not RFC 5322: one @ with something on both sides, a printable address without spaces. Whether it works, a mail shows.
bool plausible_email(std::string_view e) {
    const auto at = e.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64 || at + 1 == e.size() ||
        e.find('@', at + 1) != std::string_view::npos)
        return false;
    const auto domain = e.substr(at + 1);
    if (domain.front() == '.' || domain.back() == '.' || domain.find("..") != std::string_view::npos) return false;
    return std::none_of(e.begin(), e.end(), [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 127; });
}

void text(std::string& out, const char* name, std::string_view value, bool first = false) {
    if (!first) out += ',';
    out += '"';
    out += name;
    out += "\":";
    append_json_string(out, value);
}

void token_members(std::string& out, const tokens& t) {
    text(out, "access_token", t.access_token, out.back() == '{');
    text(out, "token_type", "Bearer");
    out += ",\"expires_in\":" + std::to_string(t.expires_in);
    text(out, "refresh_token", t.refresh_token);
}

}  // namespace

register_request::register_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 3, 254);
    if (!email.empty() && !plausible_email(email)) in.fail("email", "invalid_email", "This is not an e-mail address.");
    auto given = in.string("password", min_password, max_password);
    if (!given.empty()) {
        const auto fault = password_fault(given, email);
        if (fault) in.fail("password", fault->code, fault->detail);
    }
    display_name = in.optional_string("display_name", 0, 100).value_or("");
    doc.finish();
    password = secret(std::move(given));
}

login_request::login_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 1, 254);
    auto given = in.string("password", 1, max_password);
    if (given.size() > hashing_limit) in.fail("password", "too_long", "At most 512 bytes.");
    device_name = in.optional_string("device_name", 0, 100).value_or("");
    doc.finish();
    password = secret(std::move(given));
}

std::string to_json(const user& u) {
    std::string out = "{";
    text(out, "id", u.id.str(), true);
    text(out, "email", u.email);
    text(out, "display_name", u.display_name);
    out += u.email_verified_at ? ",\"email_verified\":true" : ",\"email_verified\":false";
    text(out, "created_at", wall::format(u.created_at));
    return out += '}';
}

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

std::string to_json(const std::vector<session_row>& sessions, const uuid& current) {
    std::string out = "{\"data\":[";
    for (const auto& s : sessions) {
        if (&s != &sessions.front()) out += ',';
        out += '{';
        text(out, "id", s.id.str(), true);
        text(out, "device", s.device_name);
        text(out, "user_agent", s.user_agent);
        text(out, "ip", s.ip);
        text(out, "created_at", wall::format(s.created_at));
        text(out, "last_seen_at", wall::format(s.last_seen_at));
        out += s.id == current ? ",\"current\":true}" : ",\"current\":false}";
    }
    return out += "],\"next_cursor\":null}";
}

std::string internal_json(const user& u) {
    std::string out = to_json(u);
    out.pop_back();
    text(out, "role", u.role);
    text(out, "status", u.status);
    return out += '}';
}

}  // namespace mita::auth
