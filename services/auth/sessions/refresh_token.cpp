#include "auth/sessions/refresh_token.hpp"

#include "core/base64url.hpp"
#include "core/mac.hpp"

#include <algorithm>

namespace mita::auth {

namespace {

constexpr std::string_view refresh_prefix = "mrt_";
constexpr std::size_t body_size = 1 + 16 + 8, mac_size = 16;
constexpr std::size_t raw_size = body_size + mac_size;     // 41
constexpr std::size_t text_size = (raw_size * 8 + 5) / 6;  // 55, no padding

std::string body_of(const refresh_claim& c) {
    std::string out(1, '\1');
    out.append(reinterpret_cast<const char*>(c.session.bytes.data()), c.session.bytes.size());
    for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(c.counter >> shift & 255);
    return out;
}

}  // namespace

refresh_tokens::refresh_tokens(const vault& keys) : keys_(keys) {}

std::string refresh_tokens::mac_of(std::string_view body, const uuid& session) const {
    const std::string_view context(reinterpret_cast<const char*>(session.bytes.data()), session.bytes.size());
    const secret key = keys_.derive("mita auth refresh token", context);
    return hmac_sha256(key, body).substr(0, mac_size);
}

std::string refresh_tokens::make(const refresh_claim& c) const {
    const std::string body = body_of(c);
    return std::string(refresh_prefix) + base64url::encode(body + mac_of(body, c.session));
}

std::optional<refresh_claim> refresh_tokens::read(std::string_view text) const {
    if (text.size() != refresh_prefix.size() + text_size || !text.starts_with(refresh_prefix)) return std::nullopt;
    const auto raw = base64url::decode(text.substr(refresh_prefix.size()));
    if (!raw || raw->size() != raw_size || (*raw)[0] != '\1') return std::nullopt;
    refresh_claim c;
    std::copy_n(raw->begin() + 1, 16, reinterpret_cast<char*>(c.session.bytes.data()));
    for (std::size_t i = 17; i < body_size; ++i) c.counter = c.counter << 8 | static_cast<unsigned char>((*raw)[i]);
    const auto body = std::string_view(*raw).substr(0, body_size);
    if (!same_bytes(std::string_view(*raw).substr(body_size), mac_of(body, c.session))) return std::nullopt;
    if (c.counter < 0) return std::nullopt;
    return c;
}

}  // namespace mita::auth
