#include "auth/dto.hpp"

#include "auth/password_rules.hpp"
#include "auth/text.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t max_email = 254;  // octets, of an address as of each part below (RFC 5321 4.5.3.1)
constexpr std::size_t max_local = 64, max_label = 63;

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool local_character(char c) {
    return plain(c) || std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
bool domain_character(char c) { return plain(c) || c == '-'; }

// Parts of 1..max characters with single dots between.
template <class Good>
bool dotted(std::string_view text, std::size_t max, Good good) {
    for (;;) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        if (part.empty() || part.size() > max || !std::all_of(part.begin(), part.end(), good)) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

// A Mailbox of RFC 5321 with a dot-string and a domain, beyond ASCII by RFC 6531: no quoted local part, no address
// literal. Whether it works, a mail shows.
bool plausible_email(std::string_view e) {
    const auto at = e.find('@');  // npos is beyond any length
    if (at > max_local || e.size() > max_email || !visible(e)) return false;
    const auto domain = e.substr(at + 1);
    const bool hyphen_at_an_edge = domain.starts_with('-') || domain.ends_with('-') ||
                                   domain.find("-.") != std::string_view::npos ||
                                   domain.find(".-") != std::string_view::npos;
    return !hyphen_at_an_edge && dotted(e.substr(0, at), max_local, local_character) &&
           dotted(domain, max_label, domain_character);
}

// A password as it is hashed (P6): composed, whatever keyboard it was typed on.
std::string password_of(json_object& in, std::size_t min) {
    return text::nfc(in.any_string("password", min, max_password)).value_or("");  // a document is UTF-8
}

void member(std::string& out, const char* name, std::string_view value, bool first = false) {
    if (!first) out += ',';
    out += '"';
    out += name;
    out += "\":";
    append_json_string(out, value);
}

void token_members(std::string& out, const tokens& t) {
    member(out, "access_token", t.access_token, out.back() == '{');
    member(out, "token_type", "Bearer");
    out += ",\"expires_in\":" + std::to_string(t.expires_in);
    member(out, "refresh_token", t.refresh_token);
}

}  // namespace

register_request::register_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 3, max_email);
    if (!email.empty() && !plausible_email(email)) in.fail("email", "invalid_email", "This is not an e-mail address.");
    auto given = password_of(in, min_password);
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
    email = in.string("email", 1, max_email);
    auto given = password_of(in, 1);
    if (given.size() > hashing_limit) in.fail("password", "too_long", "At most 512 bytes.");
    device_name = in.optional_string("device_name", 0, 100).value_or("");
    doc.finish();
    password = secret(std::move(given));
}

std::string to_json(const user& u) {
    std::string out = "{";
    member(out, "id", u.id.str(), true);
    member(out, "email", u.email);
    member(out, "display_name", u.display_name);
    out += u.email_verified_at ? ",\"email_verified\":true" : ",\"email_verified\":false";
    member(out, "created_at", wall::format(u.created_at));
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

std::string internal_json(const user& u) {
    std::string out = to_json(u);
    out.pop_back();
    member(out, "role", u.role);
    member(out, "status", u.status);
    return out += '}';
}

}  // namespace mita::auth
