#include "jwt/claims_reader.hpp"

#include "core/json_parse.hpp"

#include <boost/json/object.hpp>

namespace mita::jwt {

namespace {

namespace json = boost::json;

constexpr std::size_t max_members = 64;
constexpr std::size_t max_depth = 8;
constexpr std::int64_t last_instant = 253'402'300'799;  // 9999-12-31T23:59:59Z: sums with a skew cannot overflow

bool has_nul(const json::value& v) {
    if (v.is_string()) return v.get_string().find('\0') != json::string::npos;
    if (v.is_array()) {
        for (const auto& element : v.get_array())
            if (has_nul(element)) return true;
    }
    if (v.is_object()) {
        for (const auto& member : v.get_object())
            if (member.key().find('\0') != json::string_view::npos || has_nul(member.value())) return true;
    }
    return false;
}

bool read_object(std::string_view text, json::value& out) {
    json_limits limits;
    limits.depth = max_depth;
    limits.members = max_members;
    return !parse_json(text, limits, out) && out.is_object() && !has_nul(out);
}

bool read(const json::object& o, std::string_view name, std::size_t max, std::string& out) {
    const auto* v = o.if_contains(name);
    if (v == nullptr || !v->is_string() || v->get_string().size() > max) return false;
    out.assign(v->get_string().data(), v->get_string().size());
    return true;
}

bool read(const json::object& o, std::string_view name, uuid& out) {
    const auto* v = o.if_contains(name);
    if (v == nullptr || !v->is_string()) return false;
    const auto id = uuid::parse(std::string_view(v->get_string()));
    if (!id) return false;
    out = *id;
    return true;
}

// NumericDate, whole seconds only.
bool read(const json::object& o, std::string_view name, std::int64_t& out) {
    const auto* v = o.if_contains(name);
    if (v == nullptr || !v->is_int64() || v->get_int64() < 0 || v->get_int64() > last_instant) return false;
    out = v->get_int64();
    return true;
}

bool read_optional(const json::object& o, std::string_view name, std::int64_t& out) {
    return !o.contains(name) || read(o, name, out);
}

// Absent, or a list of short words.
bool has_words(const json::object& o, std::string_view name) {
    constexpr std::size_t most = 16, longest = 32;
    const auto* v = o.if_contains(name);
    if (v == nullptr) return true;
    if (!v->is_array() || v->get_array().size() > most) return false;
    for (const auto& one : v->get_array()) {
        if (!one.is_string()) return false;
        const std::string_view word(one.get_string());
        if (word.empty() || word.size() > longest || word.find(' ') != std::string_view::npos) return false;
    }
    return true;
}

}  // namespace

verdict read_header(std::string_view text, token_header& out) {
    json::value root;
    if (!read_object(text, root)) return verdict::malformed;
    const auto& o = root.get_object();
    for (const char* name : {"crit", "b64", "zip", "enc", "jku", "jwk", "x5u", "x5c"})
        if (o.contains(name)) return verdict::unsupported;
    if (!read(o, "alg", 16, out.alg) || !read(o, "kid", 128, out.kid) || out.kid.empty()) return verdict::malformed;
    if (o.contains("typ") && !read(o, "typ", 64, out.typ)) return verdict::malformed;
    return verdict::ok;
}

verdict read_claims(std::string_view text, claims& out) {
    json::value root;
    if (!read_object(text, root)) return verdict::malformed;
    const auto& o = root.get_object();
    for (const char* name : {"cnf", "act", "may_act"})
        if (o.contains(name)) return verdict::unsupported;
    const bool good = read(o, "iss", 512, out.issuer) && read(o, "aud", 512, out.audience) &&
                      read(o, "sub", out.who.user_id) && read(o, "sid", out.who.session_id) &&
                      read(o, "jti", out.jti) && read(o, "client_id", 256, out.who.client_id) &&
                      read(o, "scope", 2048, out.who.scope) && read(o, "exp", out.who.expires_at) &&
                      read(o, "iat", out.issued_at) && read_optional(o, "nbf", out.not_before) &&
                      read_optional(o, "auth_time", out.who.auth_time) && has_words(o, "amr");
    return good ? verdict::ok : verdict::malformed;
}

}  // namespace mita::jwt
