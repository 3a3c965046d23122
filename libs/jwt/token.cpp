#include "jwt/token.hpp"

#include "core/base64url.hpp"
#include "core/json_reader.hpp"
#include "jwt/claims_reader.hpp"
#include "jwt/methods.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>

namespace mita::jwt {

namespace {

constexpr std::size_t max_header = 1024;
constexpr std::size_t max_payload = base64url::decoded_size(max_token);
constexpr std::size_t max_signature = 1024;  // RSA 8192
constexpr std::size_t max_issued = 1024;

struct parts {
    std::string_view header, payload, signature, signed_input;
};

// Exactly two dots, counted in place (T9; CVE-2025-30204), no empty part (T2).
std::optional<parts> split(std::string_view token) {
    if (token.size() > max_token) return std::nullopt;
    const auto first = token.find('.');
    if (first == std::string_view::npos) return std::nullopt;
    const auto second = token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
    parts p{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
            token.substr(0, second)};
    if (p.header.empty() || p.payload.empty() || p.signature.empty()) return std::nullopt;
    return p;
}

template <std::size_t N>
std::optional<std::string_view> decode(std::string_view text, std::array<unsigned char, N>& into) {
    const auto size = base64url::decode(text, into);
    if (!size) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(into.data()), *size);
}

// "a b" as an array.
void append_methods(std::string& out, std::string_view words) {
    if (words.empty()) return;
    out += R"(,"amr":[)";
    for (;;) {
        const auto end = words.find(' ');
        append_json_string(out, words.substr(0, end));
        if (end == std::string_view::npos) break;
        words.remove_prefix(end + 1);
        out += ',';
    }
    out += ']';
}

bool known_algorithm(std::string_view alg) {
    for (const auto a : {algorithm::es256, algorithm::eddsa, algorithm::rs256, algorithm::hs256})
        if (name(a) == alg) return true;
    return false;
}

verdict judge(const claims& c, const policy& p, std::int64_t now) {
    const std::int64_t skew = std::clamp<std::int64_t>(p.skew_s, 0, longest_skew_s);
    if (c.issuer != p.issuer) return verdict::wrong_issuer;
    if (c.audience != p.audience) return verdict::wrong_audience;
    if (c.who.expires_at <= c.issued_at || c.who.expires_at - c.issued_at > p.max_lifetime_s)
        return verdict::lifetime_too_long;
    if (c.issued_at > now + skew || c.not_before > now + skew || c.who.auth_time > now + skew)
        return verdict::not_yet_valid;
    if (now >= c.who.expires_at + skew) return verdict::expired;
    return verdict::ok;
}

}  // namespace

std::string_view name(verdict v) {
    switch (v) {
        case verdict::ok:
            return "ok";
        case verdict::malformed:
            return "malformed";
        case verdict::unsupported:
            return "unsupported";
        case verdict::unknown_key:
            return "unknown_key";
        case verdict::bad_signature:
            return "bad_signature";
        case verdict::expired:
            return "expired";
        case verdict::not_yet_valid:
            return "not_yet_valid";
        case verdict::wrong_issuer:
            return "wrong_issuer";
        case verdict::wrong_audience:
            return "wrong_audience";
        case verdict::lifetime_too_long:
            return "lifetime_too_long";
        case verdict::revoked:
            return "revoked";
    }
    return "unknown";
}

decoded verify(std::string_view token, const key_set& keys, const policy& p, std::int64_t now) {
    // Shape, in place and on the stack: whatever fails here has cost no allocation and no cryptography.
    const auto part = split(token);
    if (!part) return {verdict::malformed, nullptr};
    std::array<unsigned char, max_header> header_bytes;
    std::array<unsigned char, max_payload> payload_bytes;
    std::array<unsigned char, max_signature> signature_bytes;
    const auto header_json = decode(part->header, header_bytes);
    const auto payload_json = decode(part->payload, payload_bytes);
    const auto signature = decode(part->signature, signature_bytes);
    if (!header_json || !payload_json || !signature) return {verdict::malformed, nullptr};

    token_header header;
    if (const auto v = read_header(*header_json, header); v != verdict::ok) return {v, nullptr};
    if (!p.typ.empty() && header.typ.empty()) return {verdict::malformed, nullptr};
    if (!known_algorithm(header.alg) || (!p.typ.empty() && header.typ != p.typ)) return {verdict::unsupported, nullptr};
    const public_key* key = keys.find(header.kid);
    if (key == nullptr) return {verdict::unknown_key, nullptr};
    if (header.alg != name(alg_of(*key)))
        return {verdict::unsupported, nullptr};  // T1: the key says, the token must agree
    if (!check_signature(*key, part->signed_input, *signature)) return {verdict::bad_signature, nullptr};

    auto c = std::make_shared<claims>();
    c->kid = std::move(header.kid);
    if (const auto v = read_claims(*payload_json, *c); v != verdict::ok) return {v, nullptr};
    const auto v = judge(*c, p, now);
    if (v != verdict::ok && v != verdict::expired) return {v, nullptr};
    return {v, std::move(c)};
}

namespace {

std::string make(const claims& c, std::string_view methods, const signing_key& key, std::string_view typ) {
    std::string part = R"({"alg":")" + std::string(name(key.alg())) + R"(","typ":)";
    append_json_string(part, typ);
    part += R"(,"kid":")" + key.kid() + "\"}";
    std::string token = base64url::encode(part);

    const auto text = [&part](std::string_view before, std::string_view value) {
        part += before;
        append_json_string(part, value);
    };
    const auto number = [&part](std::string_view before, std::int64_t value) {
        part.append(before).append(std::to_string(value));
    };
    part.clear();
    text(R"({"iss":)", c.issuer);
    text(R"(,"sub":)", c.who.user_id.str());
    text(R"(,"aud":)", c.audience);
    number(R"(,"exp":)", c.who.expires_at);
    number(R"(,"iat":)", c.issued_at);
    if (c.not_before != 0) number(R"(,"nbf":)", c.not_before);
    text(R"(,"jti":)", c.jti.str());
    text(R"(,"sid":)", c.who.session_id.str());
    text(R"(,"client_id":)", c.who.client_id);
    text(R"(,"scope":)", c.who.scope);
    number(R"(,"auth_time":)", c.who.auth_time);
    append_methods(part, methods);
    part += '}';
    token += '.';
    base64url::append(token, part);
    const std::string signature = sign(key, token);
    token += '.';
    base64url::append(token, signature);
    if (token.size() > max_issued) throw std::runtime_error("an access token would be longer than 1 KB");
    return token;
}

}  // namespace

std::string issue(const claims& c, const signing_key& key, std::string_view typ) { return make(c, "", key, typ); }

std::string issue_with_methods(const claims& c, std::string_view methods, const signing_key& key) {
    return make(c, methods, key, "at+jwt");
}

}  // namespace mita::jwt
