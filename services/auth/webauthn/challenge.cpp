#include "auth/webauthn/challenge.hpp"

#include "core/base64url.hpp"
#include "core/mac.hpp"

namespace mita::auth {

namespace {

constexpr std::size_t nonce_size = 24, time_size = 8, mac_size = 16;
constexpr std::size_t body_size = nonce_size + time_size;

}  // namespace

std::string passkey_challenges::mac_of(std::string_view body, challenge_for what, const uuid& whom) const {
    std::string all(1, static_cast<char>(what));
    all.append(reinterpret_cast<const char*>(whom.bytes.data()), whom.bytes.size());
    all += body;
    return hmac_sha256(key_, all).substr(0, mac_size);
}

std::string passkey_challenges::make(challenge_for what, const uuid& whom, std::int64_t unix_seconds) const {
    std::string body(nonce_size, '\0');
    random_bytes(body.data(), body.size());
    for (int shift = 56; shift >= 0; shift -= 8) body += static_cast<char>(unix_seconds >> shift & 255);
    return base64url::encode(body + mac_of(body, what, whom));
}

bool passkey_challenges::good(std::string_view text, challenge_for what, const uuid& whom,
                              std::int64_t unix_seconds) const {
    constexpr std::int64_t early_s = 30;  // of another instance, whose clock is ahead
    const auto raw = base64url::decode(text);
    if (!raw || raw->size() != body_size + mac_size) return false;
    const auto body = std::string_view(*raw).substr(0, body_size);
    if (!same_bytes(std::string_view(*raw).substr(body_size), mac_of(body, what, whom))) return false;
    std::uint64_t made = 0;
    for (std::size_t i = nonce_size; i < body_size; ++i) made = made << 8 | static_cast<unsigned char>(body[i]);
    const auto age = unix_seconds - static_cast<std::int64_t>(made);
    return age >= -early_s && age <= lifetime.count();
}

}  // namespace mita::auth
